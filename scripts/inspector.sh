#!/usr/bin/env bash
# Builds the inspector's module, which only its own page loads, and puts it with the page's scripts where
# `cargo leptos build` takes assets from, to compress them and have the server hold them.
source "$(dirname "$0")/env.sh"
cd "$root"
say "the inspector's module"
cargo build --package inspector --target wasm32-unknown-unknown --profile wasm-release --target-dir target/front
out=style/assets/inspector
rm -rf "$out"
mkdir -p "$out"
wasm-bindgen --target web --no-typescript --out-dir "$out" --out-name inspector \
  target/front/wasm32-unknown-unknown/wasm-release/inspector.wasm 2>/dev/null
# As cargo-leptos does for the console's.
wasm-opt -Oz --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
  --enable-reference-types --enable-multivalue -o "$out/inspector.wasm" "$out/inspector_bg.wasm"
rm "$out/inspector_bg.wasm"
# Whole lines of comments are for who reads them here.
for script in inspector/page/*.js; do
  sed -E '/^[[:space:]]*(\/\/.*|\/\*\*.*\*\/)$/d' "$script" >"$out/$(basename "$script")"
done
