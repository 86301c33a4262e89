#!/bin/sh
# Install Debian's Chromium, which the tests in a browser drive, where it is missing and we may.
#
#     scripts/install-chromium.sh
#
# It never fails: without a browser those tests are skipped, and nothing else needs one.
set -u

for name in chromium chromium-browser google-chrome \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done

install() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=60 \
        install --yes --no-install-recommends chromium >/dev/null
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the tests in a browser (once; a minute or two)"
    # The lists of packages may be missing, or older than what the mirrors still hold.
    if install 2>/dev/null || { apt-get -qq update && install; }; then
        exit 0
    fi
    echo "Chromium could not be installed; see above." >&2
fi
{
    echo "There is no Chromium: the tests in a browser will be skipped. To run them, install it:"
    echo "  Debian: sudo apt-get install chromium"
    echo "  macOS:  brew install --cask chromium"
    echo "  or Google Chrome, found as google-chrome"
} >&2
exit 0
