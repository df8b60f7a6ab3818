#!/usr/bin/env bash
# Builds the browser's modules, the style and the server's binary, with the assets inside it:
# scripts/build.sh [options of `cargo leptos build`], such as --bin-features otel.
source "$(dirname "$0")/env.sh"
cd "$root"
scripts/inspector.sh
say "cargo leptos build --release"
cargo leptos build --release --precompress "$@"
