#!/usr/bin/env bash
# Fails where a boundary of docs/architecture.md is crossed.
source "$(dirname "$0")/env.sh"
cd "$root"

status=0
crossed() {
  printf 'error: %s\n%s\n' "$1" "$2" >&2
  status=1
}

# A crate and the crates that it must not reach.
for crate in wire inspection hub; do
  found=$(cargo tree --quiet -p "$crate" -e normal --prefix none | grep -E '^(axum|hyper|leptos|web-sys)[^ ]* ' | sort -u || true)
  [ -z "$found" ] || crossed "$crate depends on what it must not know:" "$found"
done

found=$(grep -rnE 'cfg\(.*feature' app/src app/wire/src app/inspection/src || true)
[ -z "$found" ] || crossed "the shared crates must not ask what they are built for:" "$found"

found=$(grep -rnE 'web_sys::.*EventSource|EventSource::' app/src --include='*.rs' |
  grep -v '^app/src/live/event_source.rs:' || true)
[ -z "$found" ] || crossed "only app/src/live/event_source.rs may use EventSource:" "$found"

found=$(grep -rnE 'inner_?html|insertAdjacentHTML|outerHTML' -i app server/src server/client inspector --include='*.rs' --include='*.js' || true)
[ -z "$found" ] || crossed "event data must stay text, so inner_html is used nowhere:" "$found"

# A test that docs/reliability.md names, and that is gone.
found=$(grep '^|' docs/reliability.md | grep -oE '`[a-z0-9]+(_[a-z0-9]+){3,}`' | tr -d '`' | sort -u |
  while read -r test; do grep -rqw "fn $test" server --include='*.rs' || printf '%s\n' "$test"; done)
[ -z "$found" ] || crossed "docs/reliability.md names tests that are not there:" "$found"

[ "$status" = 0 ] && say "boundaries hold"
exit "$status"
