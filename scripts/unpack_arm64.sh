#!/usr/bin/env bash
# Debian's libraries for arm64 that cannot be installed beside this machine's, unpacked into build/arm64.
# Needs the set-up group package-arm64: only then does apt know what there is for arm64.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(libyaml-cpp-dev libhiredis-dev)
archives=(libyaml-cpp.a libhiredis.a)
stamp=build/arm64/.for-headers
# The headers are this machine's: when they are renewed, so are the libraries.
headers=$(dpkg-query -W -f='${Package} ${Version}\n' "${packages[@]}")
if [[ -f $stamp && $(<"$stamp") == "$headers" ]]; then exit 0; fi

rm -rf build/arm64
mkdir -p build/arm64
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
as_root=()
if ((EUID == 0)); then as_root=(-o APT::Sandbox::User=root); fi  # else apt's own user must reach the folder
(cd "$fetched" && apt-get -q "${as_root[@]}" download "${packages[@]/%/:arm64}") >&2 || {
  echo "package: ${packages[*]/%/:arm64} could not be fetched (apt's reason stands above); apt-get update may help." >&2
  exit 2
}
for package in "$fetched"/*_arm64.deb; do dpkg-deb --extract "$package" build/arm64; done
for archive in "${archives[@]}"; do
  [[ -f build/arm64/usr/lib/aarch64-linux-gnu/$archive ]] || { echo "package: Debian's packages for arm64 hold no $archive" >&2; exit 2; }
done
printf '%s\n' "$headers" >"$stamp"
