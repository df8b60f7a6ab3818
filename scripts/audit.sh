#!/usr/bin/env bash
# Holds what is built in against deny.toml, and against what is known of it: scripts/audit.sh
#
# Licences, duplicates and sources need no network. What is known of a version stands in the databases of
# RustSec and of npm: where they cannot be reached that is said, and with ADVISORIES=required it is a fault.
source "$(dirname "$0")/env.sh"
cd "$root"

if [ "$(cargo deny --version 2>/dev/null | grep -oE '[0-9.]+$')" != "$cargo_deny_version" ]; then
  "$root/scripts/setup.sh" cargo-deny
fi

say "licences, duplicates, sources"
# The graph of features is the lock file's, not that of what is built last.
cargo deny --locked check licenses bans sources

unreachable() {
  [ "${ADVISORIES:-}" != required ] || die "$1 cannot be reached, and ADVISORIES=required asks for it"
  say "PASSED OVER: $1 cannot be reached from here; the release asks it"
}

say "advisories of crates"
# One that needs no fetching tells a database that cannot be had from one that has something to say.
if cargo deny --locked fetch db 2>/dev/null; then
  cargo deny --locked check --disable-fetch advisories
else
  unreachable "the database of RustSec"
fi

status=0
for dir in scripts/tools end2end end2end/bench server/benches/peers; do
  say "advisories of npm, $dir"
  report=$(cd "$dir" && npm audit --package-lock-only --json 2>/dev/null || true)
  if grep -q '"auditReportVersion"' <<<"$report"; then
    (cd "$dir" && npm audit --package-lock-only --audit-level=moderate) || status=1
  else
    unreachable "npm's database of advisories"
  fi
done
exit "$status"
