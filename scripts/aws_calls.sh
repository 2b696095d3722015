# Sourced by deploy.sh and destroy.sh: whose account and region, calls to the AWS CLI, and what its failures mean.
# shellcheck shell=bash
#
# DRY_RUN=1 prints every call and makes none.
# For tests only: PORTCULLIS_AWS_ENDPOINT=http://127.0.0.1:PORT takes the place of every AWS service (the CLI of
# Debian 12 has no variable for it, only the option).

stack=${STACK:-portcullis}
dry=${DRY_RUN:-}
export AWS_PAGER='' AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-3}

umask 022
work=$(umask 077 && mktemp -d)  # parameters and answers: for this user's eyes
child=
trap 'rm -rf "$work"' EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

say() { echo "$program: $*"; }
fail() {
  echo "$program: $*" >&2
  exit 1
}
interrupted() {
  trap '' INT TERM HUP
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  echo "$program: interrupted. Nothing is half written here; run make $program again to go on." >&2
  exit "$1"
}

# need COMMAND…: what is missing is installed where that is possible.
need() {
  local missing
  missing=$(absent "$@")
  if [[ -n $missing ]]; then scripts/setup.sh deploy || true; fi
  missing=$(absent "$@")
  [[ -z $missing ]] || fail "missing: $missing. Install it (Debian: sudo apt-get install awscli nodejs unzip), then try again."
}
absent() {
  local name missing=()
  for name in "$@"; do command -v "$name" >/dev/null || missing+=("$name"); done
  echo "${missing[*]-}"
}

# The original's order: keys in the environment, then AWS_DEFAULT_PROFILE, then profile=, then the CLI's own default.
choose_credentials() {
  if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
    whose="the keys in the environment"
  elif [[ -n ${AWS_DEFAULT_PROFILE:-} ]]; then
    whose="the profile $AWS_DEFAULT_PROFILE (AWS_DEFAULT_PROFILE)"
    export AWS_PROFILE=$AWS_DEFAULT_PROFILE
  elif [[ -n ${profile:-} ]]; then
    whose="the profile $profile"
    export AWS_PROFILE=$profile
  else
    whose="the CLI's default credentials"
  fi
  region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null || true)}}}
  if [[ $whose == *environment ]]; then unset AWS_PROFILE AWS_DEFAULT_PROFILE; fi
  [[ -n $region ]] || fail "no region is set: say which, for example make $program region=eu-west-1."
  [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]+$ ]] || fail "\"$region\" is no region: one looks like eu-west-1."
}

# call SERVICE OPERATION ARGUMENT…: the answer in $work/answer, the CLI's complaint in $work/complaint, its exit code.
# In the background, so that an interruption ends it at once.
call() {
  : >"$work/answer" >"$work/complaint"
  if [[ -n $dry ]]; then
    printf '  aws'
    printf ' %q' "$@" --region "$region"
    echo
    return
  fi
  aws "$@" --region "$region" --output text --cli-connect-timeout 10 --cli-read-timeout 60 \
    ${PORTCULLIS_AWS_ENDPOINT:+--endpoint-url "$PORTCULLIS_AWS_ENDPOINT"} >"$work/answer" 2>"$work/complaint" </dev/null &
  child=$!
  local code=0
  wait "$child" || code=$?
  child=
  return "$code"
}
answer() { cat "$work/answer"; }
complaint_has() { grep -qE -- "$1" "$work/complaint"; }

# complain WHAT: one sentence about why the last call failed, and what to do.
complain() {
  if complaint_has 'Unable to locate credentials|Partial credentials'; then
    fail "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile (make $program profile=NAME), or run aws configure."
  elif complaint_has 'config profile .* could not be found'; then
    fail "there is no profile \"${AWS_PROFILE:-}\": aws configure list-profiles names those there are."
  elif complaint_has 'ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|IncompleteSignature|Token has expired|SSO|Error when retrieving (token|credentials)'; then
    fail "AWS does not accept these credentials ($whose): they are expired, mistyped or switched off. Renew them (aws sso login, or aws configure), and see that this machine's clock is right."
  elif complaint_has 'Could not connect to the endpoint|[Cc]onnect(ion)? (was closed|timeout|aborted)|Read timeout|Failed to connect'; then
    fail "AWS does not answer in $region: is there such a region, and a connection to it?"
  elif complaint_has 'IllegalLocationConstraint|AuthorizationHeaderMalformed|InvalidRegion|OptInRequired|\(301\)|PermanentRedirect'; then
    fail "$1 does not work in $region: it is another region's, or $region is not switched on for this account. Name the right one: make $program region=NAME."
  elif complaint_has 'AccessDenied|not authorized to perform|\(403\)|UnauthorizedOperation|Forbidden'; then
    fail "$1 is not allowed for $whose ($(denied_action)): docs/deploy.md lists the permissions that are needed."
  fi
  fail "$1 failed: $(tail -n 1 "$work/complaint")"
}
denied_action() {
  local action
  action=$(grep -oE 'perform: [A-Za-z0-9:-]+' "$work/complaint" | head -n 1)
  [[ -n $action ]] || action=$(grep -oE 'calling the [A-Za-z0-9]+ operation' "$work/complaint" | head -n 1)
  echo "${action:-no action was named}"
}

find_account() {
  call sts get-caller-identity --query Account || complain "asking AWS whose credentials these are"
  account=$(answer)
  account=${account:-ACCOUNT}  # DRY_RUN
  say "account $account in $region, with $whose"
}

# The stack's state in $status, empty where there is none, and the bucket it came from in $deployed_from; a deployment
# under way is waited for.
read_status() {
  status='' deployed_from=''
  if call cloudformation describe-stacks --stack-name "$stack" \
    --query "Stacks[0].[StackStatus,Parameters[?ParameterKey=='CodeBucket'].ParameterValue|[0]]"; then
    read -r status deployed_from <"$work/answer" || true
  else
    complaint_has 'does not exist' || complain "reading the stack $stack"
  fi
  case $status in
    REVIEW_IN_PROGRESS) status= ;;  # a change set that nobody executed: there is nothing yet
    CREATE_IN_PROGRESS) wait_for stack-create-complete ;;
    DELETE_IN_PROGRESS) wait_for stack-delete-complete ;;
    ROLLBACK_IN_PROGRESS) wait_for stack-rollback-complete ;;
    *_IN_PROGRESS) wait_for stack-update-complete ;;
  esac
}
wait_for() {
  say "$stack is in $status; waiting for its end"
  call cloudformation wait "$1" --stack-name "$stack" || true  # how it ended is read next
  read_status
}

# Why the latest operation on the stack failed: its earliest failure. Events come newest first; each operation begins
# with "User Initiated".
first_failure() {
  call cloudformation describe-stack-events --stack-name "$stack" \
    --query 'StackEvents[].[LogicalResourceId,ResourceStatus,ResourceStatusReason]' || true
  awk -F '\t' -v stack="$stack" '
    $1 == stack && $3 == "User Initiated" { exit }
    $2 ~ /_FAILED$/ && $1 != stack && $3 !~ /cancelled/ { first = $1 ": " $3 }
    END { print first == "" ? "no resource says why; aws cloudformation describe-stack-events --stack-name " stack " shows all" : first }
  ' "$work/answer"
}

# The bucket that deploy makes when BUCKET= names none.
own_bucket() { echo "portcullis-$account-$region"; }
# look_at_bucket NAME: $found is none, ours (deploy made it, completely), bare (no tags), another (tags, not ours) or
# closed (not this account's, or not allowed).
look_at_bucket() {
  found=none
  if call s3api get-bucket-tagging --bucket "$1" --expected-bucket-owner "$account" --query "TagSet[?Key=='made-by'].Value"; then
    found=another
    if [[ -n $dry || $(answer) == portcullis ]]; then found=ours; fi
  elif complaint_has NoSuchTagSet; then
    found=bare
  elif complaint_has AccessDenied; then
    found=closed
  elif ! complaint_has NoSuchBucket; then
    complain "looking for the bucket $1"
  fi
}
