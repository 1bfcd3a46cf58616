"""`python -m tools.site`: builds the documentation in site/."""

import shutil
import sys
import tempfile
from pathlib import Path

from tools.site import ROOT, SiteError, build


def main(root: Path = ROOT) -> int:
    """Returns the exit status: 1 if a link is broken or Zensical is missing."""
    target = root / "site"
    with tempfile.TemporaryDirectory() as work:
        try:
            built = build(root, Path(work))
        except SiteError as error:
            print(error, file=sys.stderr)
            return 1
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(built, target)
    print(f"Open {target / 'index.html'}, or serve it: python -m http.server -d {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
