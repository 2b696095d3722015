#!/usr/bin/env bash
# Layout (clang-format, as a check), then clang-tidy over every .cpp that CMake compiles.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh build test lint
scripts/sources.sh | xargs -r clang-format --dry-run -Werror
scripts/configure.sh lint -DPORTCULLIS_TESTS=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON  # clang cannot read what g++ precompiled
scripts/sources.sh '*.cpp' | grep -v -e '_fuzz\.cpp$' -e '^tests/' -e '^bench/' |
  xargs -r -P "$(nproc)" -n 4 clang-tidy --quiet -p build/lint
