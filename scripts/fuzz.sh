#!/usr/bin/env bash
# Runs the fuzz targets, FUZZ_JOBS (2) at a time.
#   FUZZ_SECONDS=60 scripts/fuzz.sh [NAME…]      NAME of …/NAME_fuzz.cpp; default: all
#   FUZZ_WRITE=docs/measured.md                  keeps what came out there
# Starts from tests/corpus/NAME; new inputs go to build/fuzz-corpus/NAME, crashes to build/fuzz-finds/NAME-…,
# what was printed to build/fuzz-logs/NAME.log.
set -euo pipefail
cd "$(dirname "$0")/.."

names=("$@")
((${#names[@]})) || mapfile -t names < <(scripts/sources.sh '*_fuzz.cpp' | sed 's|.*/||; s|_fuzz\.cpp$||')
((${#names[@]})) || { echo "fuzz: there are no fuzz targets" >&2; exit 2; }

scripts/setup.sh build test sanitize
scripts/configure.sh asan -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DPORTCULLIS_PRECOMPILE=OFF  # it runs long enough to be worth it
cmake --build --preset asan --target "${names[@]/%/_fuzz}"

mkdir -p build/fuzz-finds build/fuzz-logs
: >build/fuzz-logs/table  # only of targets without a find
attack() {  # NAME
  local name=$1 corpus=(build/fuzz-corpus/"$1")
  mkdir -p "${corpus[0]}"
  if [[ -d tests/corpus/$name ]]; then corpus+=(tests/corpus/"$name"); fi
  if build/asan/"${name}_fuzz" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=5 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="build/fuzz-finds/$name-" "${corpus[@]}" >"build/fuzz-logs/$name.log" 2>&1; then
    local inputs
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz-logs/$name.log" | tail -n 1)
    echo "$name: no finds, $inputs inputs"
    echo "| $name | ${FUZZ_SECONDS:-60} | $inputs |" >>build/fuzz-logs/table
  else
    tail -n 40 "build/fuzz-logs/$name.log"
    echo "$name: FINDS, see build/fuzz-finds and build/fuzz-logs/$name.log"
    return 1
  fi
}
export -f attack

code=0
printf '%s\n' "${names[@]}" | xargs -P "${FUZZ_JOBS:-2}" -I NAME bash -c 'attack NAME' || code=1
echo "${#names[@]} targets"
if [[ ${FUZZ_WRITE-} && $code == 0 ]]; then
  node scripts/fuzz_report.mjs build/fuzz-logs/table "${FUZZ_JOBS:-2}" "$FUZZ_WRITE"
fi
exit "$code"
