#!/usr/bin/env bash
# ag-psd, the reader of PSD files that web editors use: `npm install` into the cache, once per version.
. "$(dirname "$0")/_cache.sh"
version=31.0.2 # as in tests/parts/readers/ag_psd.py
target="$CACHE/ag-psd-$version"
if [ ! -d "$target" ]; then
    if ! command -v npm >/dev/null; then
        echo "ag-psd needs node and npm 18 or newer; install them from https://nodejs.org/" >&2
        exit 1
    fi
    (
        flock 9
        [ -d "$target" ] && exit 0
        build="$(mktemp -d "$CACHE/build.XXXXXX")"
        trap 'rm -rf "$build"' EXIT
        nice -n 10 npm install --prefix "$build" --no-audit --no-fund --ignore-scripts --silent "ag-psd@$version" >&2
        mv "$build" "$target"
        trap - EXIT
    ) 9>"$CACHE/locks/ag-psd"
fi
echo "$target"
