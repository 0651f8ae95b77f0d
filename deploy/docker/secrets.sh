#!/bin/sh
# Makes deploy/docker/.env with fresh secrets, once; compose reads it. The admin key is printed and kept nowhere.
set -eu
file="${1:-$(dirname "$0")/.env}"
if [ -e "$file" ]; then
    echo "$file is there already; remove it to make new secrets (the database keeps its old password)." >&2
    exit 1
fi
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
secret="$(random 32)"
umask 077
cat >"$file" <<VALUES
SELVAGE_DATABASE_PASSWORD=$(random 24)
SELVAGE_STORE_ACCESS_KEY=selvage
SELVAGE_STORE_SECRET_KEY=$(random 24)
SELVAGE_ACCESS_ADMIN_KEY_SHA256=operator:$(printf %s "$secret" | sha256sum | cut -d ' ' -f 1)
SELVAGE_WEBHOOK_SECRET_KEY=$(head -c 32 /dev/urandom | base64)
SELVAGE_GRAFANA_PASSWORD=$(random 12)
VALUES
echo "SELVAGE_API_KEY=selvage_operator_$secret"
