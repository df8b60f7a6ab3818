#!/usr/bin/env bash
# Brings Playwright and a Chromium: the system's where there is one, else a package, else a download.
source "$(dirname "$0")/env.sh"
cd "$root/end2end"

if ! cmp -s package-lock.json node_modules/.installed 2>/dev/null; then
  say "Playwright"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

for browser in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$browser" ] && have "$browser" && exit 0
done
if have apt-get && [ "$(id -u)" = 0 ]; then
  say "Chromium, from the system's packages"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && exit 0
fi
say "Chromium, from Playwright"
npx playwright install --with-deps chromium ||
  die "no browser: install chromium, or name one with CHROMIUM=/path/to/chromium"
