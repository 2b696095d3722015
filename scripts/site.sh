#!/usr/bin/env bash
# Makes build/site: the page, with the config.json of the latest deployment. With --serve, shows it on this machine.
#   scripts/site.sh [--serve]      PORT=8000, PAGE=DIR: a page that is there already
set -euo pipefail
cd "$(dirname "$0")/.."

config=build/deploy/config.json  # written by make deploy
if [[ ! -f $config ]]; then
  echo "site: nothing is deployed yet: make deploy comes first. (For the local world: make run.)" >&2
  exit 1
fi

command -v node >/dev/null || scripts/setup.sh page

if [[ -n ${PAGE:-} ]]; then
  mkdir -p build
  new=$(mktemp -d build/site.new.XXXXXX)
  trap 'rm -rf "$new"' EXIT
  cp -R "$PAGE/." "$new"
  chmod 755 "$new"
  rm -rf build/site
  mv -T "$new" build/site
else
  scripts/page.sh build/site
fi
if ! cmp -s "$config" build/site/config.json; then
  cp "$config" build/site/config.json.new
  mv -f build/site/config.json.new build/site/config.json
fi
if [[ ${1:-} == --serve ]]; then exec node scripts/serve_site.mjs build/site; fi
