# Functions for the scripts that call AWS; they source this file.
# shellcheck disable=SC2154 # the scripts assign `stack`

# Prints the comment at the head of the script, and exits.
usage() {
    sed -n -e '2,/^set /{' -e '/^#/s/^# \{0,1\}//p' -e '}' "$root/infra/${0##*/}" >&2
    exit 2
}

require_region() {
    AWS_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
    if [ -z "$AWS_REGION" ]; then
        echo "infra/${0##*/}: no region; set AWS_REGION, or run aws configure" >&2
        exit 2
    fi
    export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION
}

# output NAME: prints an output of the stack $stack.
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

# parameter NAME: prints a parameter of the stack $stack.
parameter() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue"
}

# Exports the credentials of the AWS CLI (version 2), however it is signed in. With an older version, sign in by
# environment variables.
export_credentials() {
    local credentials
    if credentials=$(aws configure export-credentials --format env 2>/dev/null); then eval "$credentials"; fi
}

# The repository, because a script may change the folder.
root=$PWD

seatwise() {
    local command=(cargo run --quiet --locked --manifest-path "$root/Cargo.toml" --package seatwise-cli --bin seatwise --)
    [ -z "${SEATWISE:-}" ] || command=("$SEATWISE")
    "${command[@]}" "$@"
}
