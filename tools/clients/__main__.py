"""`python -m tools.clients [FOLDER]` builds both client packages into a folder; by default, dist."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.clients.packages import build_tarball, build_wheel, copy_with_tools

target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
target.mkdir(parents=True, exist_ok=True)
try:
    with TemporaryDirectory() as folder:
        print(build_wheel(target), build_tarball(copy_with_tools(Path(folder)), target), sep="\n")
except subprocess.CalledProcessError as failure:
    sys.exit(f"{failure}\n{failure.stdout}{failure.stderr}")
