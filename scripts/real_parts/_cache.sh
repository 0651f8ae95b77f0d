# Shared by the scripts beside it: where built parts live, and one builder at a time per part.
set -euo pipefail
CACHE="${SELVAGE_CACHE:-$HOME/.cache/selvage}"
mkdir -p "$CACHE/bin" "$CACHE/locks"

# go_tool NAME MODULE@VERSION COMMAND: builds COMMAND once, keeps it as bin/NAME and prints that path.
go_tool() {
    local name="$1" module="$2" command="$3" target="$CACHE/bin/$1"
    if [ -x "$target" ]; then
        echo "$target"
        return
    fi
    if ! command -v go >/dev/null; then
        echo "$name is built from source and needs Go 1.24 or newer; install it from https://go.dev/dl/" >&2
        return 1
    fi
    (
        flock 9
        [ -x "$target" ] && exit 0
        build="$(mktemp -d "$CACHE/build.XXXXXX")"
        trap 'rm -rf "$build"' EXIT
        GOBIN="$build" CGO_ENABLED=0 nice -n 10 go install "$module" >&2
        mv "$build/$command" "$target"
    ) 9>"$CACHE/locks/$name"
    echo "$target"
}
