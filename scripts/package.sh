#!/usr/bin/env bash
# Makes build/portcullis-lambda-ARCH.zip, which Lambda runs as provided.al2023: bootstrap and what lies beside
# it. Equal input gives equal octets. All by the environment:
#   ARCH     x86_64 or arm64; default: this machine's. The other one is cross-compiled (arm64 only)
#   CONFIG   the configuration; default: portcullis.yaml in the current folder, if there is one
#   CA       a PEM file of the only authorities to trust for fetching keys; default: the platform's
#   KEYS     keys to begin with: a file that `portcullis keys --export` wrote, or `fetch`; default: none
#   OUT      the zip to write instead
#   YES=1    allows apt to be told of another architecture, when there is no terminal to ask on
#   SOURCE_DATE_EPOCH   the time of every file in it; default: a constant
# Exit 2: something was wrong with what was asked for, and nothing was made.
set -euo pipefail
umask 022
here=$PWD
cd "$(dirname "$0")/.."

most_bytes=$((4 * 1024 * 1024))
first_zip_time=315532800  # 1980-01-01: a zip knows no earlier one
export TZ=UTC LC_ALL=C.UTF-8

give_up() { echo "package: $1" >&2; exit 2; }
# absolute FILE: as its caller meant it
absolute() { if [[ $1 == /* ]]; then printf '%s' "$1"; else printf '%s/%s' "$here" "$1"; fi; }

case $(uname -m) in
  x86_64) own=x86_64 ;;
  aarch64) own=arm64 ;;
  *) own= ;;
esac
arch=${ARCH:-$own}
[[ $arch =~ ^(x86_64|arm64)$ ]] || give_up "ARCH is x86_64 or arm64: Lambda has no other."
preset=bundle
if [[ $arch != "$own" ]]; then preset=bundle-$arch; fi
[[ $preset != bundle-x86_64 ]] || give_up "This machine cannot build for x86_64; make that bundle on an x86_64 machine."
time=${SOURCE_DATE_EPOCH:-$first_zip_time}
[[ $time =~ ^[0-9]{1,10}$ ]] || give_up "SOURCE_DATE_EPOCH is a whole number of Unix seconds."
((time >= first_zip_time)) || time=$first_zip_time

config=
if [[ -n ${CONFIG-} ]]; then
  config=$(absolute "$CONFIG")
elif [[ -f $here/portcullis.yaml ]]; then
  config=$here/portcullis.yaml
fi
[[ -z $config || -f $config ]] || give_up "There is no configuration $config."
ca=
if [[ -n ${CA-} ]]; then ca=$(absolute "$CA"); fi
[[ -z $ca || -f $ca ]] || give_up "There is no CA file $ca."
[[ -z ${KEYS-} || -n $config ]] || give_up "KEYS needs a configuration: initial keys belong to the issuers of a file."

out=$PWD/build/portcullis-lambda-$arch.zip
if [[ -n ${OUT-} ]]; then out=$(absolute "$OUT"); fi
[[ -d $(dirname "$out") || -z ${OUT-} ]] || give_up "There is no folder $(dirname "$out")."

groups=(build package)
if [[ $preset == bundle-arm64 ]]; then groups+=(package-arm64); fi
scripts/setup.sh "${groups[@]}" >&2

mkdir -p build
exec 9>build/.packaging
flock 9  # two at once would build in one folder
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

names=(bootstrap)
# pack FILE NAME: puts a copy into the bundle
pack() {
  mkdir -p "$staging/files/$(dirname "$2")"
  cp -- "$1" "$staging/files/$2"
  chmod 644 "$staging/files/$2"
  names+=("$2")
}
mkdir "$staging/files"

if [[ -n $ca ]]; then
  openssl x509 -in "$ca" -noout 2>/dev/null || give_up "$ca holds no PEM certificate."
  ! grep -q 'PRIVATE KEY' "$ca" || give_up "$ca holds a private key, which must not be deployed: leave the certificates only."
fi
if [[ -n $config ]]; then
  scripts/build.sh portcullis >&2
  # check MORE…: whether it may be packed, and with which files; else says why not, and ends
  check() {
    build/release/portcullis check "$config" --bundle "$@" || { echo "package: This configuration is not packed." >&2; exit 2; }
  }
  checked=$(check) || { printf '%s\n' "$checked" >&2; exit 2; }
  keys=
  if [[ ${KEYS-} == fetch ]]; then
    keys=$staging/jwks.json
    if [[ -n $ca ]]; then export SSL_CERT_FILE=$ca; fi
    build/release/portcullis keys --export --config "$config" >"$keys" ||
      give_up "The initial keys could not be fetched (why stands above)."
  elif [[ -n ${KEYS-} ]]; then
    keys=$(absolute "$KEYS")
  fi
  if [[ -n $keys ]]; then checked=$(check --initial-keys "$keys") || { printf '%s\n' "$checked" >&2; exit 2; }; fi
  grep ': warning: ' <<<"$checked" >&2 || true
  pack "$config" portcullis.yaml
  while IFS= read -r name; do pack "$(dirname "$config")/$name" "$name"; done < <(sed -n 's/^pack     //p' <<<"$checked")
  if [[ -n $keys ]]; then pack "$keys" jwks.json; fi
fi
if [[ -n $ca ]]; then pack "$ca" ca.pem; fi

if [[ $preset == bundle-arm64 ]]; then scripts/unpack_arm64.sh; fi
scripts/configure.sh "$preset" >&2
cmake --build --preset "$preset" --target bootstrap >&2
cp "build/$preset/bootstrap" "$staging/files/bootstrap"
chmod 755 "$staging/files/bootstrap"

(cd "$staging/files" && touch --date="@$time" -- "${names[@]}" && printf '%s\n' "${names[@]}" | zip -q -X -D -9 "$staging/bundle.zip" -@)
size=$(stat --format=%s "$staging/bundle.zip")
((size <= most_bytes)) || give_up "The bundle has $size bytes, more than $most_bytes: something is in it that does not belong there."
mv "$staging/bundle.zip" "$out"

echo "bundle   $out"
echo "size     $size bytes"
echo "sha256   $(sha256sum "$out" | cut -d' ' -f1)"
echo "inside   ${names[*]}"
if [[ -z $config ]]; then
  echo "config   none: the function's environment alone configures it (AUTH0_DOMAIN and AUTH0_AUDIENCE)"
else
  echo "config   $config"
fi
