# Functions for the scripts that use programs from Python or npm packages; they source this file in the repository.

# sha256 FILE: prints the hash of the file. Linux and macOS have different programs for it.
sha256() {
    python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

# python_tool NAME PACKAGE==VERSION...: installs these packages into a virtual environment, target/infra/NAME. Installs
# again if the packages or their versions have changed.
python_tool() {
    local folder=target/infra/$1 packages="${*:2}"
    if [ -f "$folder/packages" ] && [ "$(<"$folder/packages")" = "$packages" ]; then return; fi
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
    # Written last: an installation that broke off starts again.
    echo "$packages" >"$folder/packages"
}

# node_tool NAME PACKAGE@VERSION...: the same for npm packages; they run no script of theirs at the installation.
node_tool() {
    local folder=target/infra/$1 packages="${*:2}"
    if [ -f "$folder/packages" ] && [ "$(<"$folder/packages")" = "$packages" ]; then return; fi
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --prefix "$folder" --silent --ignore-scripts --no-audit --no-fund "${@:2}"
    echo "$packages" >"$folder/packages"
}
