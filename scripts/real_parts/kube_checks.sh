#!/usr/bin/env bash
# Checkov (policy scan) and kubernetes-validate (the schemas of each Kubernetes version, without a network), in a venv
# of their own: Checkov pins many versions that are not ours. Prints that venv.
. "$(dirname "$0")/_cache.sh"
name=kube-checks-1
target="$CACHE/$name"
if [ ! -x "$target/bin/checkov" ]; then
    (
        flock 9
        [ -x "$target/bin/checkov" ] && exit 0
        rm -rf "$target" "$target.new"
        "${PYTHON:-python3}" -m venv "$target"
        nice -n 10 "$target/bin/pip" install -q --disable-pip-version-check --only-binary=:all: \
            'kubernetes-validate==1.37.0' >&2
        nice -n 10 "$target/bin/pip" install -q --disable-pip-version-check 'checkov==3.3.30' >&2
    ) 9>"$CACHE/locks/$name"
fi
echo "$target"
