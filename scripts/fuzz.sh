#!/usr/bin/env bash
# Fuzzes the parser: scripts/fuzz.sh [seconds] [libFuzzer options]. 60 seconds unless told otherwise.
#
# Stable Rust will do: the coverage comes from LLVM's own pass, by options that `cargo fuzz` would
# set too; only its sanitizers need a nightly, and the parser has no unsafe code for them to watch.
# Finds are left in fuzz/artifacts; give one as a further argument to run it again.
source "$(dirname "$0")/env.sh"
cd "$root/fuzz"

seconds="${1:-60}"
[[ $seconds =~ ^[0-9]+$ ]] || die "the first argument is a number of seconds, not '$seconds'"
shift || true

target="$(rustc -vV | sed -n 's/^host: //p')"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/fuzz/target}"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="${RUSTFLAGS//$'\n'/ }"

say "build"
# With --target the options do not reach build scripts, which have no fuzzer to link.
cargo build --release --target "$target" --bin parser

say "seeds"
mkdir -p corpus/parser artifacts/parser
node - <<'JS' || say "no node: begins without seeds"
const { readFileSync, writeFileSync } = require("node:fs");
const cases = JSON.parse(readFileSync("../app/wire/tests/cases/parsing.json", "utf8"));
for (const [n, c] of cases.entries()) {
  if (!c.input_b64) continue;
  const choice = Buffer.from([n, 20, 1, 2, 3, 5, 0, n]);
  writeFileSync(`corpus/parser/case-${n}`, Buffer.concat([choice, Buffer.from(c.input_b64, "base64")]));
}
JS
say "fuzz for $seconds s"
exec "$CARGO_TARGET_DIR/$target/release/parser" corpus/parser \
  -dict=parser.dict -artifact_prefix=artifacts/parser/ -max_total_time="$seconds" -max_len=1024 \
  -print_final_stats=1 "$@"
