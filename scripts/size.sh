#!/usr/bin/env bash
# Fails where an asset passes its size budget, in bytes as sent (Brotli; the client script gzip).
source "$(dirname "$0")/env.sh"
cd "$root/target/site/pkg"

status=0
# within NAME SIZE BUDGET
within() {
  printf '%-24s %7d of %7d bytes\n' "$1" "$2" "$3"
  if [ "$2" -gt "$3" ]; then
    printf 'error: %s is over its budget\n' "$1" >&2
    status=1
  fi
}

brotli() { wc -c <"$1.br"; }

within tickertape.wasm "$(brotli tickertape.wasm)" 153600
within pkg/tickertape.js "$(brotli tickertape.js)" 10240
within tickertape.css "$(brotli tickertape.css)" 12288
within client/tickertape.js "$(gzip -9c "$root/server/client/tickertape.js" | wc -c)" 2560
within inspector.wasm "$(brotli ../inspector/inspector.wasm)" 102400
within 'inspector/*.js' "$(cat ../inspector/*.js.br | wc -c)" 16384
exit "$status"
