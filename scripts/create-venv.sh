#!/bin/sh
# Create the virtual environment that every `make` target runs in.
#
#     scripts/create-venv.sh FOLDER [PYTHON]
#
# PYTHON is an interpreter chosen by hand; without one, the newest supported one on PATH is taken. A
# name on PATH proves nothing (version managers leave launchers for versions that are not there), so
# each candidate is started and asked.
set -eu

venv=$1
chosen=${2:-}
candidates=${chosen:-python3.13 python3.12 python3.11 python3 python}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

python=
seen=
for candidate in $candidates; do
    version=$(version_of "$candidate") || continue
    case $version in
        3.11 | 3.12 | 3.13) ;;
        *) seen="$seen $candidate ($version)"; continue ;;
    esac
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        python=$candidate
        break
    fi
    seen="$seen $candidate ($version, without the modules venv and ensurepip)"
done

if [ -z "$python" ]; then
    {
        echo "Trintena needs Python 3.11, 3.12 or 3.13 with its modules venv and ensurepip."
        echo "Found:${seen:- none that starts, among: $candidates}."
        case $seen in
            *ensurepip*) echo "On Debian and Ubuntu these modules are a package of their own: apt install python3-venv" ;;
        esac
        echo "Install one, or name one: make PYTHON=/path/to/python3.12 ..."
    } >&2
    exit 1
fi

echo "Creating $venv with Python $("$python" -c 'import platform; print(platform.python_version())') ($python)"
# An environment that was left half-made would pass for a whole one at the next call.
trap 'rm -rf "$venv"' EXIT
trap 'exit 130' INT TERM
"$python" -m venv --clear "$venv"
trap - EXIT
