#!/usr/bin/env bash
# Fails where an asset passes its size budget, in bytes as sent (Brotli).
source "$(dirname "$0")/env.sh"
cd "$root/target/site/pkg"

status=0
within() {
  local size
  size=$(wc -c <"$1.br")
  printf '%-24s %7d of %7d bytes, Brotli\n' "$1" "$size" "$2"
  if [ "$size" -gt "$2" ]; then
    printf 'error: %s is over its budget\n' "$1" >&2
    status=1
  fi
}

within tickertape.wasm 153600
within tickertape.js 10240
within tickertape.css 12288
exit "$status"
