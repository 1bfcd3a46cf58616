"""Keeps the API's documents of a release: `python -m tools.release`.

Writes them to schema/released/VERSION. Later versions are compared with them, so it never changes those of a release.
"""

import sys
from pathlib import Path

from schema.version import VERSION
from tools.compatibility.released import DOCUMENTS
from tools.export import ROOT


def main(schema: Path = ROOT / "schema") -> int:
    """Returns the exit status: 1 if this version is released already."""
    target = schema / "released" / VERSION
    if target.exists():
        print(f"{VERSION} is released already; change VERSION in schema/version.py first.", file=sys.stderr)
        return 1
    target.mkdir(parents=True)
    for name in DOCUMENTS:
        (target / name).write_bytes((schema / name).read_bytes())
    print(f"The documents of {VERSION} are in {target}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
