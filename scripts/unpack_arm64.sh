#!/usr/bin/env bash
# Debian's libyaml-cpp-dev for arm64, unpacked into build/arm64: it cannot be installed beside this machine's.
# Needs the set-up group package-arm64: only then does apt know what there is for arm64.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=build/arm64/usr/lib/aarch64-linux-gnu/libyaml-cpp.a
stamp=build/arm64/.for-headers
# The headers are this machine's: when they are renewed, so is the library.
headers=$(dpkg-query -W -f='${Version}' libyaml-cpp-dev)
if [[ -f $archive && -f $stamp && $(<"$stamp") == "$headers" ]]; then exit 0; fi

rm -rf build/arm64
mkdir -p build/arm64
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
as_root=()
if ((EUID == 0)); then as_root=(-o APT::Sandbox::User=root); fi  # else apt's own user must reach the folder
(cd "$fetched" && apt-get -q "${as_root[@]}" download libyaml-cpp-dev:arm64) >&2 || {
  echo "package: libyaml-cpp-dev:arm64 could not be fetched (apt's reason stands above); apt-get update may help." >&2
  exit 2
}
dpkg-deb --extract "$fetched"/libyaml-cpp-dev_*_arm64.deb build/arm64
[[ -f $archive ]] || { echo "package: libyaml-cpp-dev:arm64 holds no $archive" >&2; exit 2; }
printf '%s\n' "$headers" >"$stamp"
