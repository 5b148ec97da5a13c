# What the scripts of this folder need; they source this file in the repository.
. infra/tools.sh

skipped() { echo "console: skipped, because there is no $1"; exit 0; }
command -v npm >/dev/null || skipped Node
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || skipped Chromium
export CHROMIUM
node_tool console lit@3.3.3 typescript@7.0.2 playwright-core@1.65.1 axe-core@4.14.1 \
    @custom-elements-manifest/analyzer@0.11.0 esbuild@0.28.2 react@19.3.1 react-dom@19.3.1 vue@3.5.45 oidc-provider@9.13.3
export NODE_TOOLS=$PWD/target/infra/console/node_modules

# the_executable: SEATWISE, or else the one that is built now.
the_executable() {
    [ -z "${SEATWISE:-}" ] || return 0
    cargo build --quiet --locked --package seatwise-cli --bin seatwise
    export SEATWISE=$PWD/target/debug/seatwise
}
