# Sourced after env.sh: which peers `make bench` has, and where they lie.

go_version=1.27.3
durable_streams_version=0.1.5
# A change of any of their files brings them anew.
bench_peers="$cache/bench-$(cat "$root"/server/benches/peers/* "$root/scripts/bench-peers.sh" | cksum | cut -d' ' -f1)"
