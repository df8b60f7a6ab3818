#!/usr/bin/env bash
# Writes what a release is made of, as CycloneDX 1.5 in JSON: scripts/sbom.sh [directory], target/sbom unless told otherwise.
#
# tickertape.cdx.json is the program; tickertape-web.cdx.json and tickertape-inspector.cdx.json the browser's modules inside it; tools.cdx.json
# what npm brings to build it (nothing of that is part of a release).
source "$(dirname "$0")/env.sh"
cd "$root"

out=$(mkdir -p "${1:-target/sbom}" && cd "${1:-target/sbom}" && pwd)
if [ "$(cargo cyclonedx --version 2>/dev/null | grep -oE '[0-9.]+$')" != "$cargo_cyclonedx_version" ]; then
  "$root/scripts/setup.sh" cargo-cyclonedx
fi

# The same commit gives the same file: no serial number, and the time of the commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || printf 0)
export SOURCE_DATE_EPOCH

# bom PACKAGE TARGET NAME: the tool writes beside each package's manifest, and only there.
bom() {
  local made
  cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$2" --no-build-deps \
    --override-filename tickertape-sbom --manifest-path "$1/Cargo.toml"
  made=$(find . -name tickertape-sbom.json -not -path './target/*')
  mv "$1/tickertape-sbom.json" "$out/$3"
  # One for each package of the workspace is written; the others are part of this one.
  for other in $made; do rm -f "$other"; done
  say "$out/$3: $(grep -c '"bom-ref"' "$out/$3") parts"
}

host=$(rustc -vV | sed -n 's/^host: //p')
bom server "${TARGET:-$host}" tickertape.cdx.json
bom frontend wasm32-unknown-unknown tickertape-web.cdx.json
bom inspector wasm32-unknown-unknown tickertape-inspector.cdx.json
npm sbom --prefix scripts/tools --package-lock-only --sbom-format cyclonedx >"$out/tools.cdx.json"
say "$out/tools.cdx.json: $(grep -c '"bom-ref"' "$out/tools.cdx.json") parts"
