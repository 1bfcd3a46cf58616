"""The version of this package, which is the API's.

Made by `python -m tools.export`; do not edit.
"""

from typing import Final

VERSION: Final = "1.0.0"
