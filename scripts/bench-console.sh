#!/usr/bin/env bash
# Measures the console in a real browser: scripts/bench-console.sh [sizes|lighthouse|axe|gapless|load|reconnect]…
# All of them unless some are named; some minutes. RUNS=3 is how often Lighthouse runs.
source "$(dirname "$0")/env.sh"
cd "$root"

"$root/scripts/setup-e2e.sh"
cd end2end/bench
if ! cmp -s package-lock.json node_modules/.installed 2>/dev/null; then
  say "Lighthouse"
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi
say "the console, measured"
TICKERTAPE="${TICKERTAPE:-$root/target/release/tickertape}" exec npx tsx console.ts "$@"
