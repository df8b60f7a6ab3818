# Sourced by the other scripts: where the pinned tools live, and PATH with them first.
# The cache is outside the checkout, so that a fresh clone reuses it.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache="${TICKERTAPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tickertape}/tools"

cargo_leptos_version=0.3.10
cargo_deny_version=0.20.2
cargo_cyclonedx_version=0.5.9
wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' "$root/Cargo.lock")
npm_tools="$cache/npm-$(cksum <"$root/scripts/tools/package-lock.json" | cut -d' ' -f1)"

export PATH="$cache/cargo-leptos-$cargo_leptos_version/bin:$cache/cargo-deny-$cargo_deny_version/bin:$cache/cargo-cyclonedx-$cargo_cyclonedx_version/bin:$cache/wasm-bindgen-$wasm_bindgen_version/bin:$npm_tools/node_modules/.bin:$PATH"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
