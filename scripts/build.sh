#!/usr/bin/env bash
# Builds the three executables, or those that are named, in build/release. The tests are left as they are
# there: off in a new folder, on once `make test` has switched them on, so that the two never undo each other's work.
#   scripts/build.sh [EXECUTABLE…]
set -euo pipefail
cd "$(dirname "$0")/.."

tests=OFF
if grep -qs -- -DPORTCULLIS_TESTS=ON build/release/.configured-with; then tests=ON; fi
scripts/configure.sh release -DPORTCULLIS_TESTS=$tests -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
(($#)) || set -- bootstrap portcullis portcullis-dev
cmake --build --preset release --target "$@"
