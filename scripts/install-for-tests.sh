#!/bin/sh
# Install what only tests need, and pip does not bring, where it is missing and we may: Debian's Chromium,
# for the tests in a browser, and its PostgreSQL, a server of which the tests start by themselves.
#
#     scripts/install-for-tests.sh
#
# It never fails: tests that miss something are skipped, and nothing else needs it.
set -u

# have NAME...: whether one of these programs is there
have() {
    for name in "$@"; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

install() {
    # RUNLEVEL: the server that Debian sets up beside the programs is not started; nobody here needs it
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=60 \
        install --yes --no-install-recommends "$1" >/dev/null
}

# bring PACKAGE, WHAT FOR, then the lines that say how else to get it
bring() {
    package=$1
    purpose=$2
    shift 2
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $package for $purpose (once; a minute or two)"
        # The lists of packages may be missing, or older than what the mirrors still hold.
        if install "$package" 2>/dev/null || { apt-get -qq update && install "$package"; }; then
            return
        fi
        echo "$package could not be installed; see above." >&2
    fi
    {
        echo "There is no $package: $purpose will be skipped. To run them, install it:"
        echo "  Debian: sudo apt-get install $package"
        printf '  %s\n' "$@"
    } >&2
}

have chromium chromium-browser google-chrome \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium ||
    bring chromium "the tests in a browser" \
        "macOS:  brew install --cask chromium" "or Google Chrome, found as google-chrome"

# Debian keeps each version in a folder of its own, Homebrew the newest off the PATH.
have initdb /usr/lib/postgresql/*/bin/initdb \
    /opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb ||
    bring postgresql "the tests on a PostgreSQL server" "macOS:  brew install postgresql"

exit 0
