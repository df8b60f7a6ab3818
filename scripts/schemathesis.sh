#!/usr/bin/env bash
# Asks a running server everything that its OpenAPI document allows, and what it forbids, and holds the
# answers against the document: scripts/schemathesis.sh [the program]. A minute or two.
#
# Streams have no end, so they are asked for what there is at once; schemathesis_hooks.py has that and
# what JSON Schema cannot say.
source "$(dirname "$0")/env.sh"
cd "$root"

program=${1:-target/release/tickertape}
tools="$root/scripts/tools/schemathesis.txt"
version=$(sed -n 's/^schemathesis==//p' "$tools")
venv="$cache/schemathesis-$version"

[ -x "$program" ] || die "no $program: build it with 'make build', or name another"

# The program itself is what an install leaves last.
if ! [ -x "$venv/bin/schemathesis" ]; then
  say "schemathesis $version (kept in $venv)"
  rm -rf "$venv"
  if ! python3 -m venv "$venv" >/dev/null 2>&1 && have apt-get && [ "$(id -u)" = 0 ]; then
    say "Python with venv, from the system's packages"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 python3-venv || true
  fi
  # Rust, Node and make are all that the other checks need.
  if ! python3 -m venv "$venv" >/dev/null; then
    say "PASSED OVER: the API was not held against its document, as there is no Python 3.11 with venv"
    exit 0
  fi
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$tools"
fi

scratch=$(mktemp -d)
: >"$scratch/out"
"$program" dev --ephemeral --addr 127.0.0.1:0 >"$scratch/out" 2>"$scratch/log" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT

url=
for _ in $(seq 100); do
  url=$(sed -n 's/^Tickertape is at //p' "$scratch/out")
  [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
[ -n "$url" ] || die "the server did not start: $(cat "$scratch/log")"

say "schemathesis against $url"
# A fixed seed: a change of the code is what changes the outcome. A redirect to a page is not followed.
cd "$scratch"
status=0
SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH="$root/scripts" PYTHONDONTWRITEBYTECODE=1 \
  "$venv/bin/schemathesis" run "$url/api/openapi.json" \
  --phases examples,coverage,fuzzing --max-examples "${EXAMPLES:-15}" --seed 1 \
  --request-timeout 10 --max-redirects 0 || status=$?
kill -0 "$server" 2>/dev/null || die "the server is gone: $(cat "$scratch/log")"
[ "$status" = 0 ] || die "schemathesis found something; the requests above show it"
say "schemathesis found nothing"
