#!/usr/bin/env bash
# Runs the fuzz targets one after the other.
#   FUZZ_SECONDS=60 scripts/fuzz.sh [NAME…]      NAME of core/…/NAME_fuzz.cpp; default: all
# Starts from tests/corpus/NAME; new inputs go to build/fuzz-corpus/NAME, crashes to build/fuzz-finds/NAME-….
set -euo pipefail
cd "$(dirname "$0")/.."

names=("$@")
((${#names[@]})) || mapfile -t names < <(scripts/sources.sh '*_fuzz.cpp' | sed 's|.*/||; s|_fuzz\.cpp$||')
((${#names[@]})) || { echo "fuzz: there are no fuzz targets" >&2; exit 2; }

scripts/setup.sh build fuzz
scripts/configure.sh fuzz
cmake --build --preset fuzz --target "${names[@]/%/_fuzz}"

mkdir -p build/fuzz-finds
failed=()
for name in "${names[@]}"; do
  echo "== $name"
  corpus=(build/fuzz-corpus/"$name")
  mkdir -p "${corpus[0]}"
  if [[ -d tests/corpus/$name ]]; then corpus+=(tests/corpus/"$name"); fi
  build/fuzz/"${name}_fuzz" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=5 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="build/fuzz-finds/$name-" "${corpus[@]}" || failed+=("$name")
done

echo "${#names[@]} targets, ${#failed[@]} with finds ${failed[*]-}"
((${#failed[@]} == 0))
