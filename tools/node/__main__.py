"""What `make test` runs once for a lock file."""

import subprocess
import sys
from zipfile import BadZipFile

from tools import helm
from tools.debian import TOOLS
from tools.node import INSTALLED, MISSING, install

try:
    helm.fetch(TOOLS, install(INSTALLED))
except (OSError, subprocess.CalledProcessError, KeyError, BadZipFile) as error:
    sys.exit(f"{MISSING} ({error})")
