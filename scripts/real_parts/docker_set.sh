#!/usr/bin/env bash
# Builds every image, runs tests whose MinIO, PostgreSQL and Triton are containers, then the whole compose set; sends a small
# job through it over REST, looks at what was promised of the containers, takes everything down and says what it proved.
#
#   scripts/real_parts/docker_set.sh            # an engine of its own; needs root, docker.io and debootstrap
#   DOCKER_HOST=unix:///... docker_set.sh       # an engine that runs
#
# SELVAGE_DOCKER_HOME: where an own engine keeps its data between runs (default: the cache folder). Exit code 3: no
# engine can be started here.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/real_parts
if [ -z "${DOCKER_HOST:-}" ]; then
    home="${SELVAGE_DOCKER_HOME:-${SELVAGE_CACHE:-$HOME/.cache/selvage}/docker-engine-1}"
    DOCKER_HOST="$("$here/docker_engine.sh" "$home")"
    export DOCKER_HOST
    trap 'kill "$(cat "$home/pid")"' EXIT
fi
COMPOSE="$("$here/docker_compose.sh")"
export COMPOSE
"$here/docker_images.sh"
"$here/docker_tests.sh"
"${PYTHON:-.venv/bin/python}" -m scripts.real_parts.docker_set
