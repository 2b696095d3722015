#!/usr/bin/env bash
# Links, and fails if the linker warns of anything but what is known of a static glibc: that it looks names
# up and loads modules with the target's own glibc. doors/lambda/main.cpp sees to names; nothing loads modules.
#   scripts/link_static.sh COMMAND…
set -uo pipefail
said=$("$@" 2>&1)
code=$?
known="warning: Using '(getaddrinfo|gethostbyname|dlopen)' in statically linked applications requires at runtime"
if ((code == 0)) && unknown=$(grep -i 'warning' <<<"$said" | grep -vE "$known"); then
  printf 'the linker warns of something that is not known:\n%s\n' "$unknown" >&2
  exit 1
fi
if ((code != 0)); then printf '%s\n' "$said" >&2; fi
exit "$code"
