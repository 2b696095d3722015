#!/usr/bin/env bash
# Removes what `make deploy` made: the stack, its bundles, and the bucket if deploy made it and nothing else is in it.
#   make destroy [STACK=portcullis] [profile=NAME] [region=NAME] [BUCKET=NAME] [DRY_RUN=1]
# A bucket of yours (BUCKET= of the deployment) stays; only our bundles in it go. Run again, it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
program=destroy
source scripts/aws_calls.sh

# The bucket that the stack was deployed from; where the stack is gone, BUCKET= or the one that deploy makes.
find_bucket() {
  bucket=${BUCKET:-}
  if [[ -n $status && -z $bucket ]]; then
    call cloudformation describe-stacks --stack-name "$stack" \
      --query "Stacks[0].Parameters[?ParameterKey=='CodeBucket'].ParameterValue" || complain "reading the stack $stack"
    bucket=$(answer)
  fi
  bucket=${bucket:-$(own_bucket)}
}

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
  if ! call s3api head-bucket --bucket "$bucket" --expected-bucket-owner "$account"; then
    complaint_has '\(404\)' || complain "looking for the bucket $bucket"
    say "there is no bucket $bucket"
    return
  fi
  say "removing the bundles of $stack in $bucket"
  call s3 rm "s3://$bucket/$stack/" --recursive --exclude '*' --include 'lambda-*.zip' --only-show-errors ||
    complain "removing the bundles in $bucket"
  if ! made_by_us "$bucket"; then
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
find_bucket
delete_stack
empty_bucket
if [[ -z $dry ]]; then rm -rf build/deploy build/site; fi
say "done"
