"""The version of the product and of its API's documents: docs/versions.md says what it promises."""

from typing import Final

VERSION: Final = "1.0.0"
