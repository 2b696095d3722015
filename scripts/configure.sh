#!/usr/bin/env bash
# Runs cmake --preset only when the answer would differ from last time; ninja sees to the rest.
#   scripts/configure.sh PRESET [-DNAME=VALUE…]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
folder=build/$preset
stamp=$folder/.configured-with

wanted="$* $(cat CMakePresets.json CMakeLists.txt cmake/*.cmake tests/CMakeLists.txt | cksum)"
if [[ -f $folder/build.ninja && -f $stamp && $(<"$stamp") == "$wanted" ]]; then exit 0; fi

rm -f "$stamp"
cmake --preset "$preset" "${@:2}"
printf '%s\n' "$wanted" >"$stamp"
