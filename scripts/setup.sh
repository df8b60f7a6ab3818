#!/usr/bin/env bash
# Brings what a build needs, each at its pinned version: what is already there is used.
# With a name it brings one that a build does not need: scripts/setup.sh cargo-deny|cargo-cyclonedx
source "$(dirname "$0")/env.sh"

have cargo || die "cargo is missing: install Rust from https://rustup.rs"
have node || die "node is missing: install Node 20 or newer from https://nodejs.org"

wasm_target() {
  local lib
  lib="$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown"
  [ -d "$lib" ] && return
  say "Rust's standard library for the browser (wasm32-unknown-unknown)"
  have rustup || die "no $lib, and no rustup to add it: install your system's package for it"
  rustup target add wasm32-unknown-unknown
}

# install NAME VERSION CARGO-INSTALL-ARGUMENTS…: a debug build of a tool that runs for seconds takes
# a fifth of the time that a release build of it takes.
install() {
  local name=$1 version=$2 found
  shift 2
  found=$("$name" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1 || true)
  [ "$found" = "$version" ] && return
  say "$name $version (built once, kept in $cache)"
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --debug --root "$cache/$name-$version" \
    --target-dir "$cache/build" "$@"
  rm -rf "$cache/build"
}

npm_tools() {
  [ -x "$npm_tools/node_modules/.bin/sass" ] && return
  say "sass and wasm-opt (kept in $npm_tools)"
  mkdir -p "$npm_tools"
  cp "$root"/scripts/tools/package*.json "$npm_tools/"
  npm ci --prefix "$npm_tools" --no-audit --no-fund --loglevel=error
}

case "${1:-}" in
'') ;;
cargo-deny) install cargo-deny "$cargo_deny_version" "cargo-deny@$cargo_deny_version" --locked && exit ;;
cargo-cyclonedx) install cargo-cyclonedx "$cargo_cyclonedx_version" "cargo-cyclonedx@$cargo_cyclonedx_version" --locked && exit ;;
*) die "there is no $1 to bring" ;;
esac

wasm_target
install cargo-leptos "$cargo_leptos_version" "cargo-leptos@$cargo_leptos_version" --locked
install wasm-bindgen "$wasm_bindgen_version" "wasm-bindgen-cli@$wasm_bindgen_version"
npm_tools
