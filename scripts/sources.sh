#!/usr/bin/env bash
# Lists our C++ files, new ones included. Arguments are patterns: scripts/sources.sh '*.cpp'
set -euo pipefail
cd "$(dirname "$0")/.."
(($#)) || set -- '*.h' '*.cpp'
git ls-files --cached --others --exclude-standard --deduplicate -- "$@" | while read -r file; do
  if [[ -f $file ]]; then echo "$file"; fi
done
