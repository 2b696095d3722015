#!/usr/bin/env bash
# Puts the authorizer and its example API into your own AWS account, and prints the two endpoints.
#   make deploy [KIND=rest-token|rest-request|http-api] [STACK=portcullis] [ARCH=x86_64|arm64] [profile=NAME]
#               [region=NAME] [BUCKET=NAME] [PACKAGE=path.zip] [PAGE=DIR] [PARAMETERS="CacheSeconds=60 …"] [DRY_RUN=1]
# Whose tokens: secrets.json and public_key (the original example's files), or AUTH0_DOMAIN and AUTH0_AUDIENCE, or the
# portcullis.yaml in the bundle. PACKAGE deploys a zip that is there already, PAGE a page. A second run goes on where a
# first one was interrupted; what is unchanged is not uploaded again. DRY_RUN=1 prints every call and makes none.
set -euo pipefail
cd "$(dirname "$0")/.."
program=deploy
source scripts/aws_calls.sh

kind=${KIND:-rest-token}
template=deploy/$kind.yaml
[[ $kind =~ ^(rest-token|rest-request|http-api)$ ]] || fail "KIND is rest-token, rest-request or http-api, not \"$kind\"."
[[ $stack =~ ^[A-Za-z][A-Za-z0-9-]{0,50}$ ]] || fail "STACK begins with a letter and has letters, digits and - (at most 51), not \"$stack\"."

own_architecture() { [[ $(uname -m) =~ ^(aarch64|arm64)$ ]] && echo arm64 || echo x86_64; }
architecture=${ARCH:-$(own_architecture)}
[[ $architecture =~ ^(x86_64|arm64)$ ]] || fail "ARCH is x86_64 or arm64, not \"$architecture\"."

# The variables say whose tokens where the file does not; to its check both together are a contradiction.
pack() { env -u OUT -u AUTH0_DOMAIN -u AUTH0_AUDIENCE -u AUTH0_CLIENT_PUBLIC_KEY ARCH="$architecture" scripts/package.sh; }

make_bundle() {
  bundle=${PACKAGE:-build/portcullis-lambda-$architecture.zip}
  if [[ -z ${PACKAGE:-} ]]; then pack || fail "the bundle could not be made (the reason stands above)."; fi
  [[ -f $bundle ]] || fail "there is no bundle $bundle: make package makes one, or leave PACKAGE= out and it is made."
  [[ $'\n'$(unzip -Z1 "$bundle" 2>/dev/null)$'\n' == *$'\nbootstrap\n'* ]] || fail "$bundle is no Lambda bundle: no file bootstrap at its root. make package makes one."
}

# settings [NAME=VALUE…]: parameters.json and site.json in $work, from files and environment.
settings() {
  local issuers=environment
  unzip -p "$bundle" portcullis.yaml >"$work/portcullis.yaml" 2>/dev/null || true  # a bundle may have none
  if grep -qE "^[\"']?issuers[\"']?[[:space:]]*:" "$work/portcullis.yaml"; then issuers=bundle; fi
  node scripts/deploy_settings.mjs "$work" "$template" "$issuers" "$@" || exit 1
}

use_your_bucket() {
  bucket=$BUCKET
  call s3api head-bucket --bucket "$bucket" --expected-bucket-owner "$account" && return
  if complaint_has '\(404\)'; then fail "there is no bucket $bucket: make it, or leave BUCKET= out and one is made."; fi
  if complaint_has '\(403\)'; then fail "the bucket $bucket is another account's, or closed to $whose: name another with BUCKET=."; fi
  complain "looking for the bucket $bucket"
}

ensure_bucket() {
  bucket=$(own_bucket)
  look_at_bucket "$bucket"
  if [[ -n $dry ]]; then
    say "if there is no bucket $bucket:"
    found=none
  fi
  case $found in
    ours | another) ;;
    bare) furnish_bucket ;;  # a run that was interrupted before the tag
    none) make_bucket && furnish_bucket ;;
    closed) name_taken ;;
  esac
}
name_taken() {
  fail "the bucket name $bucket is taken by another account (or s3:GetBucketTagging is not allowed for $whose): name a bucket of your own with BUCKET=."
}
make_bucket() {
  local where=()
  [[ $region == us-east-1 ]] || where=(--create-bucket-configuration "LocationConstraint=$region")
  if [[ -z $dry ]]; then say "making the private bucket $bucket"; fi
  call s3api create-bucket --bucket "$bucket" "${where[@]}" && return
  complaint_has BucketAlreadyOwnedByYou && return
  if complaint_has BucketAlreadyExists; then name_taken; fi
  complain "making the bucket $bucket"
}
furnish_bucket() {  # the tag last: it says that the rest is done, and that destroy may remove it
  call s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true ||
    complain "closing the bucket $bucket to the public"
  call s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}' || complain "encrypting the bucket $bucket"
  call s3api put-bucket-tagging --bucket "$bucket" --tagging 'TagSet=[{Key=made-by,Value=portcullis}]' ||
    complain "tagging the bucket $bucket"
}

upload() {  # named by its content: an unchanged bundle is there already
  local sum
  sum=$(sha256sum <"$bundle")
  sum=${sum%% *}
  key=$stack/lambda-$architecture-$sum.zip
  if call s3api head-object --bucket "$bucket" --key "$key" --expected-bucket-owner "$account" && [[ -z $dry ]]; then
    say "the bundle is unchanged: nothing is uploaded"
    return
  fi
  [[ -n $dry ]] || complaint_has '\(404\)' || complain "looking for the bundle in $bucket"
  if [[ -n $dry ]]; then say "if the bundle is not there:"; else say "uploading $bundle ($(stat -c %s "$bundle") bytes) to $bucket"; fi
  call s3api put-object --bucket "$bucket" --key "$key" --body "$bundle" --expected-bucket-owner "$account" \
    --checksum-sha256 "$(printf %s "$sum" | node -p 'Buffer.from(require("fs").readFileSync(0, "utf8"), "hex").toString("base64")')" ||
    complain "uploading the bundle"
}

check_stack() {
  read_status
  case $status in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED)
      fail "the stack $stack is in $status, left by a deployment that failed, and cannot be updated: make destroy STACK=$stack, then make deploy again." ;;
    UPDATE_ROLLBACK_FAILED)
      fail "the stack $stack is in $status: aws cloudformation continue-update-rollback --stack-name $stack, then make deploy again." ;;
  esac
}

deploy_stack() {
  # A REST API goes live by a Deployment with a new name only (see the template).
  local hash
  hash=$(cat "$template" - <<<"${PARAMETERS:-}" | sha256sum | cut -c 1-12)
  sed "s/\bDeployment0\b/Deployment$hash/" "$template" >"$work/template.yaml"
  say "stack $stack from $template (the first time takes a minute or two)"
  if ! call cloudformation deploy --stack-name "$stack" --template-file "$work/template.yaml" \
    --parameter-overrides "file://$work/parameters.json" --capabilities CAPABILITY_IAM --tags made-by=portcullis \
    --no-fail-on-empty-changeset; then
    if complaint_has 'Failed to create the changeset'; then
      fail "CloudFormation refuses the stack $stack: $(sed -n 's/.*Reason: //p' "$work/complaint" | head -n 1)"
    fi
    complaint_has 'Failed to create/update the stack' || complain "deploying the stack $stack"
    fail "the stack $stack failed and was rolled back. First failure: $(first_failure)"
  fi
  if grep -q 'No changes to deploy' "$work/answer"; then say "the stack is unchanged"; fi
}

output() { awk -F '\t' -v key="$1" '$1 == key { print $2 }' "$work/outputs"; }

report() {
  call cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' ||
    complain "reading the stack's outputs"
  [[ -z $dry ]] || return 0
  cp "$work/answer" "$work/outputs"
  mkdir -p build/deploy
  node scripts/deploy_settings.mjs --site "$work/site.json" "$(output PublicEndpoint)" "$(output PrivateEndpoint)" \
    >build/deploy/config.json.new
  mv -f build/deploy/config.json.new build/deploy/config.json
  echo
  echo "public endpoint   $(output PublicEndpoint)"
  echo "private endpoint  $(output PrivateEndpoint)"
  echo
  scripts/site.sh || fail "the API is deployed, but its page could not be made (the reason stands above): make site tries again."
  node scripts/deploy_settings.mjs --dashboard build/deploy/config.json
}

need aws node unzip
make_bundle
settings
choose_credentials
if [[ -n $dry ]]; then say "DRY_RUN: these calls would be made"; fi
find_account
check_stack
if [[ -n ${BUCKET:-} ]]; then use_your_bucket; else ensure_bucket; fi
upload
settings "CodeBucket=$bucket" "CodeKey=$key" "Architecture=$architecture"
deploy_stack
report
