#!/usr/bin/env bash
# Compose v2, which Debian 12 does not have: the plugin where the docker command has it, else built from its module.
# `go install` refuses the module, since it excludes versions; so it is built in a copy of its source.
. "$(dirname "$0")/_cache.sh"
version=v2.40.3
target="$CACHE/bin/docker-compose-$version"
if [ -x "$target" ]; then
    echo "$target"
    exit 0
fi
command -v go >/dev/null || { echo "compose is built from source and needs Go; https://go.dev/dl/" >&2; exit 1; }
(
    flock 9
    [ -x "$target" ] && exit 0
    build="$(mktemp -d "$CACHE/build.XXXXXX")"
    trap 'chmod -R u+w "$build"; rm -rf "$build"' EXIT
    source="$(go mod download -json "github.com/docker/compose/v2@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
    cp -r "$source" "$build/source"
    chmod -R u+w "$build/source"
    cd "$build/source"
    CGO_ENABLED=0 nice -n 10 go build -trimpath \
        -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" -o "$build/compose" ./cmd >&2
    mv "$build/compose" "$target"
) 9>"$CACHE/locks/docker-compose"
echo "$target"
