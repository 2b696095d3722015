#!/usr/bin/env bash
# Builds what is needed, then becomes the local world: Ctrl-C and kill reach it directly.
#   scripts/run.sh [ARGUMENT of portcullis-dev…]
set -euo pipefail
cd "$(dirname "$0")/.."
# Interrupted while installing or building: stop without make's error line.
trap 'exit 0' INT

scripts/setup.sh build page
scripts/build.sh
scripts/page.sh || echo "run: going on without the page; the tenant, the API and the command line do not need it" >&2
trap - INT
exec build/release/portcullis-dev "$@"
