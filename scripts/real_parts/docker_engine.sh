#!/usr/bin/env bash
# A Docker engine of our own, and `docker compose`. Prints DOCKER_HOST; the engine's process id lies in FOLDER/pid.
#
#   docker_engine.sh FOLDER
#
# Needs root and Debian's docker.io (apt-get install docker.io). Socket, data and network state are this engine's own;
# stop it by `kill $(cat FOLDER/pid)`. Compose is taken from PATH, else built from its Go module once (about 5 minutes).
. "$(dirname "$0")/_cache.sh"
folder="$(realpath -m "$1")"
[ "$(id -u)" = 0 ] || { echo "An engine of one's own needs root; set DOCKER_HOST to use one that runs." >&2; exit 3; }
command -v dockerd >/dev/null || { echo "dockerd is not here; apt-get install docker.io" >&2; exit 3; }
mkdir -p "$folder"
(
    # 9 is the cache's lock in the scripts beside this one; the engine must not inherit it.
    exec setsid dockerd --data-root "$folder/data" --exec-root "$folder/run" --pidfile "$folder/pid" \
        -H "unix://$folder/docker.sock" 9>&- >"$folder/log" 2>&1 </dev/null
) &
for _ in $(seq 60); do
    if DOCKER_HOST="unix://$folder/docker.sock" docker version >/dev/null 2>&1; then
        echo "unix://$folder/docker.sock"
        exit 0
    fi
    sleep 0.5
done
echo "dockerd did not start: $(tail -n 5 "$folder/log")" >&2
exit 3
