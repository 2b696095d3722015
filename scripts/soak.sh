#!/usr/bin/env bash
# Runs the tests over generated inputs, and the server under load, far longer than `make test` does.
#   SOAK=50000 scripts/soak.sh [NAME…]      how many inputs, at least; NAME of the table below; default: all
#   SOAK_WRITE=docs/measured.md             keeps there what they counted, if all passed
# What a test printed stands in build/soak/NAME.log.
set -euo pipefail
cd "$(dirname "$0")/.."

# name, test executable, GoogleTest filter; or name, program under test, a node test of it. PORTCULLIS_SOAK is set for
# them: the number of inputs; the server's test has its own numbers (100 reloads, 10 million requests).
soaks='
never core_access_test ProveNever.AgreesWithAllCallersAndItsCounterExamplesAreDecidedAsItSays
redis edge_net_test RedisStoreTest.AnswersAsTheModelDoes
limits core_limit_test LimitTableProperty.*:LimitTable.AFloodOfKeysStaysWithinItsBytesAndNeverEvictsAHotKey
serve portcullis tests/serve/load_test.mjs
'

names=("$@")
((${#names[@]})) || mapfile -t names < <(awk 'NF {print $1}' <<<"$soaks")
row_of() { awk -v name="$1" '$1 == name {print $2, $3}' <<<"$soaks"; }
targets=()
for name in "${names[@]}"; do
  read -r target _ < <(row_of "$name") || { echo "soak: there is no $name (there are: $(awk 'NF {printf "%s%s", sep, $1; sep = ", "}' <<<"$soaks"))" >&2; exit 2; }
  targets+=("$target")
done

scripts/setup.sh build test
scripts/configure.sh release -DPORTCULLIS_TESTS=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
cmake --build --preset release --target "${targets[@]}"

mkdir -p build/soak
failed=()
logs=()
for name in "${names[@]}"; do
  echo "== $name"
  logs+=("build/soak/$name.log")
  read -r target filter < <(row_of "$name")
  case $filter in
    *.mjs) command=(node --test "$filter") ;;
    *) command=("build/release/$target" --gtest_color=no --gtest_filter="$filter") ;;
  esac
  PORTCULLIS_SOAK=${SOAK:-50000} "${command[@]}" 2>&1 | tee "build/soak/$name.log" || failed+=("$name")
done

echo "${#names[@]} soaks, ${#failed[@]} failed ${failed[*]-}"
((${#failed[@]} == 0)) || exit 1
if [[ ${SOAK_WRITE-} ]]; then node scripts/soak_report.mjs "$SOAK_WRITE" "${logs[@]}"; fi
