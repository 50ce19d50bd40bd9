#!/usr/bin/env bash
# Installs what cargo does not: Debian packages, and for the tests the Python clients of
# tests/clients/requirements.txt in .venv. Says what it installs. When nothing is missing it says
# nothing and costs a fraction of a second.
#
# usage: scripts/setup.sh run|test|soak
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
    # To build: a linker, and the PC/SC client library.
    gcc libc6-dev pkg-config libpcsclite-dev
    # To open a window on X11 or Wayland; these are loaded at run time.
    libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2
    libxkbcommon0 libxkbcommon-x11-0 libwayland-client0
    # To draw, with a software driver where there is no graphics card.
    libvulkan1 mesa-vulkan-drivers
)
case "${1:-}" in
    run) ;;
    # A PC/SC service with a virtual reader, and a client: they meet the card that is presented to them. And what
    # shows in which order things reach the disk.
    test | soak) packages+=(python3-venv pcscd vsmartcard-vpcd opensc strace) ;;
    *)
        echo "usage: scripts/setup.sh run|test|soak" >&2
        exit 2
        ;;
esac

# To build what drives the fuzz targets.
if [ "$1" = soak ]; then
    packages+=(g++)
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: this needs root and there is no sudo: $*" >&2
        exit 1
    fi
}

install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "setup: not a Debian system; these packages, or your system's like, must be there: ${packages[*]}"
        return
    fi
    # dpkg is asked each time: a note of what was once installed would not see it removed.
    local missing=() package
    for package in "${packages[@]}"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        echo "setup: installing ${missing[*]}"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    fi
}

install_python_clients() {
    local wanted=tests/clients/requirements.txt stamp=.venv/installed.txt
    # Copied last, so that an installation that broke off is made again.
    if cmp -s "$wanted" "$stamp"; then
        return
    fi
    echo "setup: installing into .venv: $(tr '\n' ' ' <"$wanted")"
    python3 -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$stamp"
}

install_packages
if [ "$1" != run ]; then
    install_python_clients
fi
