"""`python -m tools.prometheus` puts Prometheus, Alertmanager and their tools into `.venv/tools`, for tests.

It links the system's programs if there are all of them. Otherwise it unpacks Debian's packages.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt

PACKAGES: Final = ("prometheus", "prometheus-alertmanager")
# Our name for each program, and Debian's. The Makefile looks for the last one.
PROGRAMS: Final[Mapping[str, str]] = {
    "promtool": "promtool",
    "prometheus": "prometheus",
    "amtool": "amtool",
    "alertmanager": "prometheus-alertmanager",
}
# Debian's path of Alertmanager's templates, which the program cannot do without, and one of the same length.
TEMPLATES: Final = b"/usr/share/prometheus/alertmanager"
TEMPLATES_HERE: Final = b"/proc/self/cwd/alertmanager/./././"
MISSING: Final = (
    "Prometheus and Alertmanager are neither on PATH nor available from apt-get. Install them and run `make test` "
    "again. Until then the tests of the alerts fail."
)


def fetch(folder: Path) -> None:
    """Links PROGRAMS into `folder`. Raises OSError or CalledProcessError if neither the system nor apt has them."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {name: shutil.which(name) or shutil.which(debian) for name, debian in PROGRAMS.items()}
    for name, path in (found if all(found.values()) else _unpacked(folder)).items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(str(path))


def _unpacked(folder: Path) -> Mapping[str, Path]:
    root = folder / "debian"
    with apt(folder) as packages:
        packages.unpack(PACKAGES, root)
    found = {name: root / "usr/bin" / debian for name, debian in PROGRAMS.items()}
    return {**found, "alertmanager": _relocated(root, found["alertmanager"])}


def _relocated(root: Path, alertmanager: Path) -> Path:
    """A script that starts the program with its templates below `root`: where it is started, not in /usr/share."""
    alertmanager.write_bytes(alertmanager.read_bytes().replace(TEMPLATES, TEMPLATES_HERE))
    script = alertmanager.with_name("alertmanager")
    script.write_text(f'#!/bin/sh\ncd "{root}/usr/share/prometheus" && exec "{alertmanager}" "$@"\n')
    script.chmod(0o755)
    return script


if __name__ == "__main__":
    try:
        fetch(TOOLS)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
