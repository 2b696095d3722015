#!/usr/bin/env bash
# Removes what `make deploy` made: the stack, its bundles, and the bucket if deploy made it and nothing else is in it.
#   make destroy [STACK=portcullis] [profile=NAME] [region=NAME] [BUCKET=NAME] [DRY_RUN=1]
# A bucket of yours (BUCKET= of the deployment) stays; only our bundles in it go. Run again, it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
program=destroy
source scripts/aws_calls.sh

delete_stack() {
  if [[ -z $status && -z $dry ]]; then
    say "there is no stack $stack"
    return
  fi
  say "removing the stack $stack"
  call cloudformation delete-stack --stack-name "$stack" || complain "removing the stack $stack"
  call cloudformation wait stack-delete-complete --stack-name "$stack" && return
  if complaint_has 'Waiter StackDeleteComplete failed'; then
    fail "the stack $stack could not be removed. First failure: $(first_failure). Remove the cause, then make destroy again."
  fi
  complain "waiting for the end of the stack $stack"
}

empty_bucket() {
  look_at_bucket "$bucket"
  case $found in
    none) say "there is no bucket $bucket"; return ;;
    closed) fail "the bucket $bucket is another account's, or closed to $whose: its bundles of $stack were not removed." ;;
  esac
  say "removing the bundles of $stack in $bucket"
  call s3 rm "s3://$bucket/$stack/" --recursive --exclude '*' --include 'lambda-*.zip' --only-show-errors ||
    complain "removing the bundles in $bucket"
  if [[ $found != ours ]]; then
    say "the bucket $bucket stays: make deploy did not make it"
  elif call s3api delete-bucket --bucket "$bucket" --expected-bucket-owner "$account"; then
    say "removing the bucket $bucket"
  elif complaint_has BucketNotEmpty; then
    say "the bucket $bucket stays: something else is in it, such as another stack's bundle"
  else
    complain "removing the bucket $bucket"
  fi
}

need aws
choose_credentials
if [[ -n $dry ]]; then say "DRY_RUN: these calls would be made"; fi
find_account
read_status
bucket=${BUCKET:-${deployed_from:-$(own_bucket)}}  # the stack knows, unless it is gone already
delete_stack
empty_bucket
if [[ -z $dry ]]; then rm -rf build/deploy build/site; fi
say "done"
