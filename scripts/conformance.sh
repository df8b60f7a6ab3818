#!/usr/bin/env bash
# Holds well-known clients of event streams against the standard, by the streams of /faults, and writes the table
# in docs/conformance.md: scripts/conformance.sh. Then it looks at the console in Firefox, which the tests do not
# have. Two minutes, once all is there; no part of the tests.
#
# What cannot be had is said, and its column is left out.
source "$(dirname "$0")/env.sh"
cd "$root/end2end/conformance"

export TICKERTAPE="${TICKERTAPE:-$root/target/release/tickertape}"
[ -x "$TICKERTAPE" ] || die "no $TICKERTAPE: build it with 'make build', or name another with TICKERTAPE"

if ! cmp -s package-lock.json node_modules/.installed 2>/dev/null; then
  say "npm eventsource, eventsource-parser and puppeteer-core"
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

# The first of these that is there; nothing where none is.
first() {
  for program in "$@"; do
    [ -n "$program" ] && have "$program" && command -v "$program" && return
  done
  return 0
}
CHROMIUM=$(first "${CHROMIUM:-}" chromium chromium-browser google-chrome)
FIREFOX=$(first "${FIREFOX:-}" firefox-esr firefox)
[ -n "$CHROMIUM" ] || say "LEFT OUT: Chromium and /tickertape.js, as there is no chromium; name one with CHROMIUM"
[ -n "$FIREFOX" ] || say "LEFT OUT: Firefox, as there is none; name one with FIREFOX"

tools="$root/scripts/tools/httpx-sse.txt"
venv="$cache/httpx-sse-$(cksum <"$tools" | cut -d' ' -f1)"
if ! [ -e "$venv/.installed" ]; then
  say "Python httpx-sse (kept in $venv)"
  rm -rf "$venv"
  if python3 -m venv "$venv" >/dev/null 2>&1 &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$tools"; then
    touch "$venv/.installed"
  fi
fi
PYTHON=
if [ -e "$venv/.installed" ]; then PYTHON="$venv/bin/python"; else
  say "LEFT OUT: httpx-sse, as there is no Python 3.9 with venv, or it cannot be had"
fi

crate="$root/end2end/conformance/eventsource-stream"
EVENTSOURCE_STREAM="$cache/eventsource-stream-$(cat "$crate"/Cargo.lock "$crate"/src/*.rs | cksum | cut -d' ' -f1)"
if ! [ -x "$EVENTSOURCE_STREAM" ]; then
  say "Rust eventsource-stream (kept in $EVENTSOURCE_STREAM)"
  build=$(mktemp -d)
  if CARGO_TARGET_DIR="$build" cargo build --quiet --release --locked --manifest-path "$crate/Cargo.toml"; then
    mkdir -p "$cache"
    cp "$build/release/eventsource-stream-client" "$EVENTSOURCE_STREAM"
  else
    say "LEFT OUT: eventsource-stream, as it cannot be built"
    EVENTSOURCE_STREAM=
  fi
  rm -rf "$build"
fi

export CHROMIUM FIREFOX PYTHON EVENTSOURCE_STREAM
npx tsx run.ts
say "written: docs/conformance.md"

if [ -n "$FIREFOX" ]; then
  say "the console in Firefox"
  npx tsx firefox.ts
fi
