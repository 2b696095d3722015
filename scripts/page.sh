#!/usr/bin/env bash
# Makes the complete static site of the page: our files and the SDK's from npm.
#   scripts/page.sh [OUT]      default: build/release/page
# Says nothing when nothing changed. Exit 2: npm is not there or could not fetch the SDK; OUT is as it was.
set -euo pipefail
start=$PWD
cd "$(dirname "$0")/.."

out=${1:-build/release/page}
[[ $# -eq 0 || $out == /* ]] || out=$start/$out
out=$(realpath -m -- "$out")
sdk=page/node_modules/@auth0/auth0-spa-js

give_up() {
  echo "page: $1" >&2
  exit 2
}

# Installed once for a lock file.
fetch_sdk() {
  [[ page/node_modules/.package-lock.json -nt page/package-lock.json ]] && return
  command -v npm >/dev/null || give_up "npm is missing and fetches the SDK of the page: scripts/setup.sh page installs it."
  local said
  said=$(npm ci --prefix page --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error 2>&1) && return
  printf '%s\n' "$said" | tail -n 20 >&2
  give_up "npm could not fetch the SDK of the page (its reason stands above). With a connection to its registry, try again."
}

[[ $out != / ]] || give_up "the root directory cannot be the page."
if [[ -e $out && ! -d $out ]]; then give_up "$out is there and no directory."; fi
# Only what this script made is replaced.
if [[ -d $out && -n $(ls -A "$out") && ! -e $out/auth0-spa-js.LICENSE.txt ]]; then
  give_up "$out is there and holds something else: name a new directory."
fi

mkdir -p build "$(dirname "$out")"
exec 9>build/page.lock
flock 9  # two at once would share node_modules and OUT
fetch_sdk

made=$(mktemp -d "$out.new.XXXXXX")
trap 'rm -rf "$made"' EXIT
chmod 755 "$made"
install -m 644 page/*.html page/*.css page/*.js page/*.svg "$made"
install -m 644 "$sdk/dist/auth0-spa-js.production.js" "$sdk/dist/auth0-spa-js.worker.production.js" "$made"
install -m 644 "$sdk/LICENSE" "$made/auth0-spa-js.LICENSE.txt"

# Complete before it is in its place, so a run that is cut short leaves the old page or the new one.
replaced=$out.replaced
if [[ ! -e $out && -d $replaced ]]; then mv -T "$replaced" "$out"; fi
if [[ -e $out/config.json ]]; then cp -p "$out/config.json" "$made"; fi  # somebody's settings stay
diff -rq "$made" "$out" >/dev/null 2>&1 && exit 0
rm -rf "$replaced"
if [[ -d $out ]]; then mv -T "$out" "$replaced"; fi
mv -T "$made" "$out"
rm -rf "$replaced"
echo "page: made ${out#"$PWD/"}"
