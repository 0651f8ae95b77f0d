#!/usr/bin/env bash
# Third-party clients of remove.bg, from PyPI and npm, into the cache, once per version.
. "$(dirname "$0")/_cache.sh"
version=1 # as in tests/contract/gateway/test_removebg_clients.py; raise it with the versions below
python_clients=(removebg==0.4 remove-bg-api==0.2.1)
npm_client=remove.bg@1.3.0
target="$CACHE/removebg-clients-$version"
python="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin/python"
[ -x "$python" ] || python=python3
if [ ! -d "$target" ]; then
    if ! command -v npm >/dev/null; then
        echo "the remove.bg client from npm needs node and npm 18 or newer; install them from https://nodejs.org/" >&2
        exit 1
    fi
    (
        flock 9
        [ -d "$target" ] && exit 0
        build="$(mktemp -d "$CACHE/build.XXXXXX")"
        trap 'rm -rf "$build"' EXIT
        nice -n 10 "$python" -m pip install --quiet --disable-pip-version-check --target "$build/python" \
            "${python_clients[@]}" requests >&2
        nice -n 10 npm install --prefix "$build" --no-audit --no-fund --ignore-scripts --silent "$npm_client" >&2
        mv "$build" "$target"
        trap - EXIT
    ) 9>"$CACHE/locks/removebg-clients"
fi
echo "$target"
