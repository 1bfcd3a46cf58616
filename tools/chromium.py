"""`python -m tools.chromium` puts a headless Chromium into `.venv/tools/chromium`, for the tests and pictures of pages.

It unpacks Debian's package with the libraries that a bare machine lacks and the fonts that pages are tested with.
Docs: docs/decisions/0049-tests-of-pages-drive-debians-chromium.md.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt, write_launcher

PROGRAM: Final = TOOLS / "chromium" / "chromium"
MISSING: Final = (
    "Chromium is not available from apt-get. Run `make test` again where apt-get has the package "
    "`chromium-headless-shell`. Until then the tests of pages fail."
)
SHELL: Final = "chromium-headless-shell"
FONTS: Final = ("fonts-inter-variable", "fonts-noto-ui-core", "fonts-dejavu-core")
# The C library is the system's. Drivers of graphics cards and their compilers are large, and nothing here needs them.
NEEDLESS: Final = ("libc6", "libgl1", "libglx", "libglapi", "libllvm", "libz3", "libicu", "libxml2")

# Pages look the same on every machine, because no other font is found.
_FONTS_CONF: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{folder}/debian/usr/share/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
  {aliases}
</fontconfig>
"""
_ALIAS: Final = "<alias binding='same'><family>{name}</family><prefer>{families}</prefer></alias>"
_TEXT: Final = ("Inter", "Noto Sans Arabic UI", "DejaVu Sans")
_FAMILIES: Final = {
    "sans-serif": _TEXT,
    "system-ui": _TEXT,
    "serif": ("DejaVu Serif",),
    "monospace": ("DejaVu Sans Mono",),
}


def program() -> Path:
    """The path of Chromium. Raises AssertionError with advice if it is missing."""
    assert PROGRAM.exists(), MISSING
    return PROGRAM


def fetch(launcher: Path) -> None:
    """Makes the file `launcher`. Raises OSError or CalledProcessError if apt does not have a package."""
    folder = launcher.parent
    with apt(folder) as packages:
        libraries = [name for name in packages.closure([SHELL], "lib") if not name.startswith(NEEDLESS)]
        packages.unpack([SHELL, "chromium-common", *libraries, *FONTS], folder / "debian")
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTS_CONF.format(folder=folder, aliases="\n  ".join(_aliases())))
    write_launcher(launcher, folder / "debian", f"usr/lib/chromium/{SHELL}", FONTCONFIG_FILE=str(fonts))


def _aliases() -> list[str]:
    """One alias for each generic family that a style sheet may name."""
    return [
        _ALIAS.format(name=name, families="".join(f"<family>{family}</family>" for family in families))
        for name, families in _FAMILIES.items()
    ]


if __name__ == "__main__":
    try:
        fetch(PROGRAM)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
