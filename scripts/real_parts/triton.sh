#!/usr/bin/env bash
# Triton: the tritonserver inside the nvidia-pytriton wheel, in a venv of its own. Prints that venv.
#
# Its Python backend returns empty outputs under numpy 2, hence the cap; it carries no ONNX Runtime backend, so
# onnxruntime serves the model from a Python model. Start bin/selvage-tritonserver: it sets the library paths the
# backend's stub needs. Linux x86-64 with glibc 2.35 or newer only.
. "$(dirname "$0")/_cache.sh"
name=triton-0.7.0
target="$CACHE/$name"
if [ -x "$target/bin/selvage-tritonserver" ]; then
    echo "$target"
    exit 0
fi
(
    flock 9
    [ -x "$target/bin/selvage-tritonserver" ] && exit 0
    rm -rf "$target"
    python="${PYTHON:-python3}"
    "$python" -m venv "$target"
    nice -n 10 "$target/bin/pip" install -q --only-binary=:all: 'nvidia-pytriton==0.7.0' 'numpy<2' onnxruntime >&2
    site="$("$target/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    libpython="$("$target/bin/python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')"
    server="$site/pytriton/tritonserver"
    cat >"$target/bin/selvage-tritonserver.new" <<LAUNCHER
#!/usr/bin/env bash
# The stub of the Python backend finds its libraries and its interpreter through these.
export LD_LIBRARY_PATH="$site/nvidia_pytriton.libs:$libpython:$server/external_libs:$server/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export PATH="$target/bin:\$PATH" PYTHONPATH="$site"
exec "$server/bin/tritonserver" --backend-directory="$server/backends" "\$@"
LAUNCHER
    chmod +x "$target/bin/selvage-tritonserver.new"
    mv "$target/bin/selvage-tritonserver.new" "$target/bin/selvage-tritonserver"
) 9>"$CACHE/locks/$name"
echo "$target"
