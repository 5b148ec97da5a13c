# What the scripts that talk to AWS have in common; read by them.

# Prints the head of the script that reads this, and ends.
usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$root/infra/${0##*/}" >&2
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

# output NAME: an output of the stack in $stack.
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

# However the AWS CLI (from version 2 on) is signed in, this says it in environment variables; an older one
# must be signed in by them.
export_credentials() {
    local credentials
    if credentials=$(aws configure export-credentials --format env 2>/dev/null); then eval "$credentials"; fi
}

# The repository, wherever the script goes from here.
root=$PWD

seatwise() {
    local command=(cargo run --quiet --locked --manifest-path "$root/Cargo.toml" --package seatwise-cli --bin seatwise --)
    [ -z "${SEATWISE:-}" ] || command=("$SEATWISE")
    "${command[@]}" "$@" ${AWS_ENDPOINT_URL:+--endpoint "$AWS_ENDPOINT_URL"}
}
