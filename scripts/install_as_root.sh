#!/usr/bin/env bash
# The only part of the set-up that runs as root: apt, and nothing that writes into the clone.
#   scripts/install_as_root.sh PACKAGE…
# Nothing is ever removed, and no service starts. PACKAGE:arm64 makes that architecture known to apt.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt=(apt-get -q -o DPkg::Lock::Timeout=120)
policy=/usr/sbin/policy-rc.d
ours="# made by portcullis/scripts/install_as_root.sh, and removed by it"

added=
if [[ "$*" == *:arm64* ]] && ! dpkg --print-foreign-architectures | grep -qx arm64; then
  dpkg --add-architecture arm64
  added=arm64
fi

# A third-party source that is out of order is no reason to stop: the next step tells.
"${apt[@]}" update || echo "setup: apt-get update failed; going on with the lists that are there" >&2
# Rehearsal: a conflict shows here, before anything is touched.
if ! "${apt[@]}" install --simulate --no-install-recommends --no-remove "$@" >/dev/null; then
  if [[ -n $added ]]; then dpkg --remove-architecture "$added"; fi
  exit 1
fi

if [[ ! -e $policy ]] || grep -qxF -- "$ours" "$policy"; then  # a left-over of ours is taken over
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
  chmod 755 "$policy"
fi
"${apt[@]}" install -y --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 "$@"
