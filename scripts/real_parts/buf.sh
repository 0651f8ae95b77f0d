#!/usr/bin/env bash
# buf: lints the protos. Its makers publish the program on npm, for each platform; from its Go module, where there is no npm,
# it takes minutes.
. "$(dirname "$0")/_cache.sh"
version=1.75.0
target="$CACHE/bin/buf-v$version"
if [ ! -x "$target" ] && command -v npm >/dev/null; then
    (
        flock 9
        [ -x "$target" ] && exit 0
        build="$(mktemp -d "$CACHE/build.XXXXXX")"
        trap 'rm -rf "$build"' EXIT
        npm install --prefix "$build" --no-audit --no-fund --ignore-scripts --silent "@bufbuild/buf@$version" >&2
        mv "$build"/node_modules/@bufbuild/buf-*/bin/buf "$target"
    ) 9>"$CACHE/locks/buf-v$version"
fi
go_tool "buf-v$version" "github.com/bufbuild/buf/cmd/buf@v$version" buf
