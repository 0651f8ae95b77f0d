#!/usr/bin/env bash
# Every image of the compose set, with nothing from a registry: tags selvage/* and selvage-local/*.
#
#   DOCKER_HOST=... docker_images.sh
#
# docker_parts.sh makes the base and the parts of others. Python's packages come from a folder of wheels, filled by pip
# outside and kept in the cache; the rest is the engine's own cache.
. "$(dirname "$0")/_cache.sh"
cd "$(dirname "$0")/../.."
root="$PWD" python="${PYTHON:-.venv/bin/python}"
say() { printf '== %s (%ss)\n' "$*" "$SECONDS" >&2; }

# Debian's docker has BuildKit inside; others bring it as the plugin buildx.
docker="$([ -x /usr/bin/docker ] && echo /usr/bin/docker || command -v docker)"
export DOCKER_BUILDKIT=1
base="selvage-local/base:bookworm-1" wheels="$CACHE/docker-wheels-1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

say "base, PostgreSQL and MinIO"
scripts/real_parts/docker_parts.sh

say "wheels"
mkdir -p "$wheels"
"$python" deploy/docker/requirements.py >"$work/requirements.txt"
"$python" -m pip wheel --quiet --disable-pip-version-check -c constraints.txt -f "$wheels" -w "$wheels" \
    -r "$work/requirements.txt" hatchling >&2
builder="selvage-local/builder:$(ls "$wheels" | sha256sum | cut -c 1-16)"
if ! "$docker" image inspect "$builder" >/dev/null 2>&1; then
    mkdir "$work/builder"
    cp -al "$wheels" "$work/builder/wheels" 2>/dev/null || cp -a "$wheels" "$work/builder/wheels"
    printf 'FROM %s\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n' "$base" >"$work/builder/Dockerfile"
    "$docker" build -q -t "$builder" "$work/builder" >/dev/null
fi

# build TARGET TAG [ARGUMENTS OF docker build]
build() {
    say "$2"
    "$docker" build -q -f deploy/docker/Dockerfile --target "$1" -t "$2" --build-arg BASE="$base" \
        --build-arg BUILDER="$builder" --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
        "${@:3}" "$root" >/dev/null
}

for target in gateway segment matting compose tools; do build "$target" "selvage/$target"; done
# NVIDIA's image is at no registry that is reached: the one that runs has the wheel's server and the CPU layout; of the GPU's
# only the files are proved.
build triton selvage/triton --build-arg TRITON=selvage-local/triton --build-arg TRITON_LAYOUT=--cpu
build triton selvage-local/triton-gpu-files --build-arg TRITON="$base"

say "built"
