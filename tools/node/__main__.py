"""Installs the development tools of npm; `make test` runs it once per version of the lock file."""

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
