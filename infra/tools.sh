# A function for the scripts that use programs from Python packages; they source this file in the repository.

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
