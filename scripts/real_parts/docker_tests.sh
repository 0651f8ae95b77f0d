#!/usr/bin/env bash
# Tests with their MinIO, PostgreSQL and Triton as containers (testcontainers) from images built on the spot.
#
#   docker_tests.sh [ARGUMENTS OF PYTEST]       # without: the store's contract, database, doctor, Triton
#   DOCKER_HOST=unix:///... docker_tests.sh     # an engine that runs, instead of one of its own
#
# Exit code 3: no engine can be started here.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/real_parts
if [ -z "${DOCKER_HOST:-}" ]; then
    home="${SELVAGE_DOCKER_HOME:-${SELVAGE_CACHE:-$HOME/.cache/selvage}/docker-engine-1}"
    DOCKER_HOST="$("$here/docker_engine.sh" "$home")"
    export DOCKER_HOST
    trap 'kill "$(cat "$home/pid")"' EXIT
fi
"$here/docker_parts.sh"
[ $# -gt 0 ] || set -- tests/contract/store tests/integration/gateway/test_database.py tests/contract/selvage/test_doctor.py \
    tests/integration/test_doctor_triton.py
export SELVAGE_PARTS=containers SELVAGE_REQUIRED_PARTS=minio,triton
"${PYTHON:-.venv/bin/python}" -m pytest -q "$@"
echo "passed with MinIO, PostgreSQL and Triton as containers: $*"
