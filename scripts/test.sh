#!/usr/bin/env bash
# All tests, tier by tier. Everything printed is kept in build/test-output/ and searched at the end
# for the tokens that the tests used.
#   scripts/test.sh [TIER…]      tiers: rules, release, bundle, asan, tsan, deploy; default: all
# The last line is `N passed, M failed`; the exit code is 0 only if M is 0 and every tier ran.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

output=$PWD/build/test-output
tokens=$PWD/build/tokens-used  # beside the logs, not among them
results=$PWD/build/test-results
tiers=("$@")
((${#tiers[@]})) || tiers=(rules release bundle asan tsan deploy)
for tier in "${tiers[@]}"; do
  [[ $tier =~ ^(rules|release|bundle|asan|tsan|deploy)$ ]] || { echo "test: no such tier: $tier (there are: rules release bundle asan tsan deploy)" >&2; exit 2; }
done

rm -rf "$output" "$tokens" "$results"
mkdir -p "$output" "$results"
(umask 077 && : >"$tokens")
export PORTCULLIS_TOKENS_USED=$tokens
export PORTCULLIS_TEST_OUTPUT=$output
export PORTCULLIS_BUILD=$PWD/build/release
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

# note TIER PASSED FAILED SKIPPED: one row of the summary
note() { printf '%s %d %d %d\n' "$@" >>"$results/rows"; }
# logged NAME COMMAND…: shows what the command prints and keeps it
logged() { "${@:2}" 2>&1 </dev/null | tee -a "$output/$1.log"; }

# as_in TIER COMMAND…: ThreadSanitizer dies of a large mmap_rnd_bits; where allowed, its tier runs without randomisation
as_in() {
  if [[ $1 == tsan* ]] && setarch -R true 2>/dev/null; then setarch -R "${@:2}"; else "${@:2}"; fi
}

# node_tests TIER FILE…
node_tests() {
  local tier=$1 tap=$results/$1.tap
  shift
  logged "$tier" as_in "$tier" node --test --test-concurrency=3 --test-reporter=tap "$@" >"$tap"  # files side by side: they wait a lot
  local code=$?
  grep -E '^ *not ok |^ +(error|location|expected|actual):' "$tap" | head -200
  sed -n 's/^# \(counted: .*\)$/\1/p' "$tap"
  local passed failed skipped
  passed=$(awk '/^# pass /{n = $3} END {print n + 0}' "$tap")
  failed=$(awk '/^# (fail|cancelled) /{n += $3} END {print n + 0}' "$tap")
  skipped=$(awk '/^# (skipped|todo) /{n += $3} END {print n + 0}' "$tap")
  if ((code != 0 && failed == 0)); then failed=1; fi
  note "$tier" "$passed" "$failed" "$skipped"
}

# unit_tests TIER CTEST-ARGUMENT…: runs them and counts the single GoogleTest cases
unit_tests() {
  local tier=$1
  shift
  GTEST_OUTPUT=json:$results/$tier/ GTEST_COLOR=no logged "$tier" as_in "$tier" \
    ctest --test-dir "build/$tier" --output-on-failure --no-tests=error --parallel 2 \
    --output-junit "$results/$tier.xml" --test-output-size-passed 65536 "$@"
  local code=$? counted
  grep -ohE '^counted: [^<]*' "$results/$tier.xml"  # what a test says of how much it judged, and of what was left out
  counted=$(node scripts/count_unit_tests.mjs "$results/$tier.xml" "$results/$tier" "$code") || counted="0 1 0"
  # shellcheck disable=SC2086
  note "$tier" $counted
}

# Sanitized tiers build the executables of some labels only. A fuzz target is a test of its own name.
labelled_targets() {
  ctest --test-dir "build/$1" --show-only -L "$2" | sed -n -E 's/^ *Test *#[0-9]*: (.*)$/\1_test/; T; s/_fuzz_test$/_fuzz/; p'
}

# Other people's implementations that the node tests of a folder hold ours against. Installed once for a lock file.
# node_packages [FOLDER]
node_packages() {
  local folder=${1:-tests} said
  [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
  said=$(npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error 2>&1) && return
  printf '%s\n' "$said"
  return 1
}

tier_rules() { node_tests rules tests/rules/*_test.mjs; }

tier_release() {
  logged release scripts/configure.sh release -DPORTCULLIS_TESTS=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON &&
    logged release cmake --build --preset release || return
  unit_tests release
  local files
  mapfile -t files < <(scripts/sources.sh 'tests/*_test.mjs' 'tests/*.test.mjs' | grep -vE '^tests/(rules|bundle|deploy)/')
  if ((${#files[@]})); then
    node_packages && logged release scripts/page.sh || return
    node_tests node "${files[@]}"
  fi
}

# The bundles for this machine's processor and for arm64 are built, then run, each in an empty file system.
tier_bundle() {
  local arch
  for arch in '' arm64; do
    logged bundle env ARCH="$arch" OUT="$results/bundle$arch.zip" scripts/package.sh || return
  done
  node_packages || return
  node_tests bundle tests/bundle/*_test.mjs
}

# The templates and the deployment: nothing of it is compiled. What reads templates is large, so it has its own lock file.
tier_deploy() {
  scripts/setup.sh deploy >"$output/setup-deploy.log" 2>&1 || { cat "$output/setup-deploy.log"; return 1; }
  wait "$fetching" || return
  node_tests deploy tests/deploy/*_test.mjs
}

# sanitized TIER LABELS: the unit tests with these labels. Clang builds them: quicker than g++, and the fuzzers need it.
sanitized() {
  local tier=$1 labels=$2 targets
  logged "$tier" scripts/configure.sh "$tier" || return
  mapfile -t targets < <(labelled_targets "$tier" "$labels")
  if ((${#targets[@]} == 0)); then
    echo "test: $tier: no tests with these labels: $labels"
    return 1
  fi
  logged "$tier" cmake --build --preset "$tier" --target "${targets[@]}" portcullis || return
  unit_tests "$tier" -L "$labels"
}

# served TIER FILE…: these node tests, of a sanitized server as a whole. What a sanitizer says fails them, whoever reads it.
served() {
  local tier=$1 said
  node_packages || return
  PORTCULLIS_BUILD=$PWD/build/$tier PORTCULLIS_TEST_OUTPUT=$output/$tier-served node_tests "$tier-served" "${@:2}"
  said=$(grep -rhE 'WARNING: ThreadSanitizer|ERROR: AddressSanitizer|ERROR: LeakSanitizer|: runtime error: ' "$output/$tier-served")
  (($? == 1)) && return  # it has looked, and found nothing
  printf '%s\n' "$said" | head -20
  return 1
}

server_tests=(tests/proxies/*_test.mjs tests/serve/serve_test.mjs)
tier_asan() { sanitized asan '^(core|edge|doors|fuzz)$' && served asan "${server_tests[@]}"; }
tier_tsan() { sanitized tsan '^(token|keys|limit|access|lambda|serve|net|system)$' && served tsan "${server_tests[@]}" tests/serve/load_test.mjs; }

groups=(build test)
if [[ " ${tiers[*]} " == *" release "* ]]; then groups+=(browser); fi
if [[ " ${tiers[*]} " == *[at]san* ]]; then groups+=(sanitize); fi
if [[ " ${tiers[*]} " == *" bundle "* ]]; then
  groups+=(package package-arm64 bundle)
  [[ -t 0 ]] || export YES=1  # nobody to ask whether apt may know arm64: whoever runs all tests unattended wants them
fi
# With its own stdin: sudo and the set-up may ask on a terminal.
scripts/setup.sh "${groups[@]}" 2>&1 | tee -a "$output/setup.log" || exit 2

if [[ " ${tiers[*]} " == *" deploy "* ]]; then
  node_packages tests/deploy &  # 440 MB: they arrive while the compiler works
  fetching=$!
fi
for tier in "${tiers[@]}"; do
  echo "== $tier"
  started=$SECONDS
  "tier_$tier" || note "$tier" 0 1 0  # it did not even build
  echo "$tier $((SECONDS - started))" >>"$results/seconds"
done

if printf '%s\n' "${tiers[@]}" | grep -qvxE 'rules|deploy'; then  # these use no tokens
  echo "== no token leaks"
  if logged leaks scripts/no_token_leaks.sh "$tokens" "$output"; then note leaks 1 0 0; else note leaks 0 1 0; fi
fi

echo "== summary"
awk '
  FILENAME ~ /seconds$/ { seconds[$1] = $2; next }
  { printf "  %-11s %5d good %4d bad %4d skipped%s\n", $1, $2, $3, $4, ($1 in seconds) ? sprintf(" %6d s", seconds[$1]) : ""
    passed += $2; failed += $3 }
  END {
    if (passed + failed == 0) failed = 1  # nothing ran: that is no success
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0
  }' "$results/seconds" "$results/rows"
