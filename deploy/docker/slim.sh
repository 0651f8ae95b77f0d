#!/bin/sh
# Removes what no image runs: the packages' own tests and headers.
set -eu
site="$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
for package in numba scipy numpy pymatting psutil; do
    find "$site/$package" -type d -name tests -prune -exec rm -rf {} +
done
rm -rf "$site/numpy/_core/include" "$site/Crypto/SelfTest"
find "$site" -type d -name __pycache__ -prune -exec rm -rf {} +
