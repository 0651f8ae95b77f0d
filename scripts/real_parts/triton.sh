#!/usr/bin/env bash
# Triton: the tritonserver inside the nvidia-pytriton wheel, in a venv of its own. Prints that venv.
#
# Its Python backend returns empty outputs under numpy 2, hence the cap; it carries no ONNX Runtime backend, so
# onnxruntime serves the model from a Python model. Start bin/selvage-tritonserver: it sets the paths the backend's
# stub needs. Linux x86-64 with glibc 2.35 or newer only.
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
    "$target/bin/python" - "$target" <<'LAYOUT'
import shutil, sys, sysconfig
from pathlib import Path

target = Path(sys.argv[1])
site = Path(sysconfig.get_path("purelib"))
server = site / "pytriton" / "tritonserver"
backends = target / "backends"
version = f"{sys.version_info.major}.{sys.version_info.minor}"
shutil.copytree(server / "backends", backends, dirs_exist_ok=True)
shutil.copy2(server / "python_backend_stubs" / version / "triton_python_backend_stub", backends / "python")
libraries = ":".join([str(site / "nvidia_pytriton.libs"), sysconfig.get_config_var("LIBDIR")])
launcher = target / "bin" / "selvage-tritonserver.new"
launcher.write_text(f"""#!/bin/sh
# A stub that lies elsewhere than in the wheel finds its libraries and its interpreter through these.
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export PATH="{target}/bin:$PATH" PYTHONPATH="{site}"
exec "{server}/bin/tritonserver" --backend-directory="{backends}" "$@"
""")
LAYOUT
    chmod +x "$target/bin/selvage-tritonserver.new"
    mv "$target/bin/selvage-tritonserver.new" "$target/bin/selvage-tritonserver"
) 9>"$CACHE/locks/$name"
echo "$target"
