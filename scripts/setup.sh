#!/usr/bin/env bash
# Installs what the named groups need and this machine lacks; says nothing when nothing is missing.
#   scripts/setup.sh GROUP…      groups: build, page, test, browser, lint, sanitize, package, package-arm64, bundle, deploy, bench
# package-arm64 has libraries of another architecture, which apt must know: that is asked for on a terminal,
# and YES=1 says yes in a script.
# Exit 2: something is missing and could not be installed; nothing was changed.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A packages=(
  [build]="g++ cmake ninja-build pkg-config libssl-dev libboost1.81-dev libyaml-cpp-dev libcli11-dev libhiredis-dev prometheus-cpp-dev ca-certificates"
  [page]="nodejs npm ca-certificates"
  [test]="clang-format libgtest-dev libgmock-dev nodejs npm curl zip unzip openssl redis-server nginx-light haproxy caddy prometheus systemd"
  [browser]="chromium fonts-dejavu-core"
  [lint]="clang-format clang-tidy"
  [sanitize]="clang clang-14 libclang-rt-14-dev lld"
  [package]="zip"
  [package-arm64]="g++-aarch64-linux-gnu libssl-dev:arm64"
  [bundle]="binutils openssl qemu-user-static unzip"
  [deploy]="awscli nodejs unzip zip"
  [bench]="gcc libssl-dev nodejs npm openssl python3-cryptography python3-jwt util-linux zip wrk nginx-light haproxy apache2 libapache2-mod-auth-openidc"
)

wanted=()
for group in "$@"; do
  [[ -v packages[$group] ]] || { echo "setup: no such group: $group (there are: ${!packages[*]})" >&2; exit 2; }
  read -ra names <<<"${packages[$group]}"
  wanted+=("${names[@]}")
done
((${#wanted[@]})) || { echo "usage: scripts/setup.sh GROUP… (${!packages[*]})" >&2; exit 2; }

give_up() {  # what is missing, one sentence, nothing changed
  echo "setup: missing: ${missing[*]}" >&2
  echo "setup: $1" >&2
  exit 2
}

# A node from anywhere will do if it is new enough; its npm comes with it.
have_node() { command -v node >/dev/null && (($(node -p 'process.versions.node.split(".")[0]') >= 18)); }

# Each installed package by its name, or NAME:ARCHITECTURE if it is for another machine than this.
installed=
if command -v dpkg-query >/dev/null; then
  own=$(dpkg --print-architecture)
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}:${Architecture}\n' "${wanted[@]}" 2>/dev/null |
    sed -n -E "s/^.i +//; T; s/:($own|all)\$//; p") || true
fi
missing=()
for name in "${wanted[@]}"; do
  case $name in
    nodejs) have_node && continue ;;
    npm) command -v npm >/dev/null && continue ;;
  esac
  grep -qxF -- "$name" <<<"$installed" || [[ " ${missing[*]-} " == *" $name "* ]] || missing+=("$name")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  give_up "This is no Debian: install these with your own package manager, then run cmake --preset release && cmake --build --preset release."
fi
if [[ " ${missing[*]} " == *" nodejs "* ]] && command -v node >/dev/null; then
  give_up "The node on PATH ($(command -v node), $(node --version)) is older than 18: update it or take it off PATH."
fi
if [[ " ${missing[*]} " == *" npm "* ]] && have_node &&
  [[ $(command -v node) != /usr/bin/node || $(dpkg-query -W -f='${Version}' nodejs 2>/dev/null) == *nodesource* ]]; then
  give_up "Your node ($(command -v node)) is not Debian's, so Debian's npm does not go with it: install npm the way node was installed."
fi
if [[ " ${missing[*]} " == *" libboost1.81-dev "* ]] && [[ $(dpkg-query -W -f='${db:Status-Abbrev}' libboost1.74-dev 2>/dev/null) == ?i* ]]; then
  give_up "libboost1.74-dev is installed and conflicts with libboost1.81-dev; nothing is removed without you: sudo apt-get remove libboost1.74-dev, then try again."
fi

# What apt is to know changes every apt-get update of this machine from then on: not without a yes.
if [[ "${missing[*]}" == *:arm64* ]] && ! dpkg --print-foreign-architectures | grep -qx arm64 && [[ ${YES-} != 1 ]]; then
  [[ -t 0 ]] || give_up "Building for arm64 adds the architecture arm64 to this machine's apt: allow it with YES=1, or in a terminal."
  echo "setup: to build for arm64, apt must know that architecture (dpkg --add-architecture arm64);"
  read -r -p "setup: apt-get update will fetch its lists too from then on. Add it? [y/N] " reply
  [[ $reply == [yY]* ]] || give_up "arm64 was not added to apt."
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    give_up "There is no sudo: as root, run apt-get install --no-install-recommends ${missing[*]}."
  as_root=(sudo)
  if [[ ! -t 0 ]]; then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null ||
      give_up "sudo wants a password and there is no terminal to ask on: run scripts/setup.sh $* in one."
  fi
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" bash scripts/install_as_root.sh "${missing[@]}" ||
  give_up "They could not be installed (apt's reason stands above); nothing was removed."
