"""The pages' own files and third-party scripts, under a URL that contains the hash of them all.

One hash for all, because modules import each other by relative paths. A file under an outdated hash, which a page of
the version before may request, is the current file, and is not cached.
"""

import gzip
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import NotFoundError
from graph.http import assets

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static"
PATH: Final = f"{PREFIX}/{{digest}}/{{name}}"
FOREVER: Final = "public, max-age=31536000, immutable"
THIRD_PARTY: Final = ("uplot.iife.min.js", "uplot.min.css")  # names in graph/http/assets.json that pages use
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class File(NamedTuple):
    """A file to serve."""

    media_type: str
    content: bytes


@cache
def files() -> Mapping[str, File]:
    """All files by name; third-party ones only if they were fetched."""
    own = {
        path.name: File(_TYPES[path.suffix], path.read_bytes())
        for path in sorted(FOLDER.iterdir())
        if path.suffix in _TYPES
    }
    fetched = {name: asset for name in THIRD_PARTY if (asset := assets.read_asset(name)) is not None}
    return {**own, **{name: File(asset.media_type, gzip.decompress(asset.packed)) for name, asset in fetched.items()}}


@cache
def digest() -> str:
    """The hash of the names and contents of all files."""
    hashed = sha256()
    for name, file in files().items():
        hashed.update(f"{name} {len(file.content)} ".encode() + file.content)
    return hashed.hexdigest()[:16]


def url(name: str) -> str:
    """The URL of a file. Raises KeyError for an unknown one."""
    if name not in files():
        raise KeyError(name)
    return f"{PREFIX}/{digest()}/{name}"


async def serve(request: Request) -> Response:
    """Answers a request for a file. Raises NotFoundError."""
    file = files().get(request.path_params["name"])
    if file is None:
        raise NotFoundError("There is no such file.")
    lasting = FOREVER if request.path_params["digest"] == digest() else "no-cache"
    return Response(file.content, headers={"Cache-Control": lasting}, media_type=file.media_type)
