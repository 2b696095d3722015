#!/usr/bin/env bash
# Searches everything the tests printed or logged for pieces of the tokens they used.
#   scripts/no_token_leaks.sh TOKENS_FILE FOLDER
# TOKENS_FILE has one token a line. A piece is what stands between dots, of 16 characters or more; a
# header is no secret and is left out, unless the token is nothing else. Hits are told by place only.
set -euo pipefail
tokens=$1 folder=$2

[[ -s $tokens ]] || { echo "leaks: $tokens is empty or missing: no test noted a token, so this proves nothing"; exit 1; }
[[ -n $(find "$folder" -name '*.log' -size +0 -print -quit) ]] || { echo "leaks: no logs in $folder: this proves nothing"; exit 1; }

pieces=$(mktemp)
trap 'rm -f "$pieces"' EXIT
awk -F . '{
  for (i = (NF > 1 && $1 ~ /^eyJ/) ? 2 : 1; i <= NF; ++i)
    if (length($i) >= 16) print $i
}' "$tokens" | LC_ALL=C sort -u >"$pieces"
[[ -s $pieces ]] || { echo "leaks: no token in $tokens has a piece of 16 characters: this proves nothing"; exit 1; }

summary="$(wc -l <"$tokens") tokens, $(wc -l <"$pieces") pieces, $(find "$folder" -type f | wc -l) files"
if hits=$(LC_ALL=C grep -rnaFf "$pieces" "$folder" | cut -d: -f1,2); then
  echo "leaks: $(wc -l <<<"$hits") lines hold a piece of a token ($summary):"
  head -50 <<<"$hits"
  exit 1
fi
echo "leaks: none ($summary)"
