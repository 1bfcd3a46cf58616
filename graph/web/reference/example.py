"""A curl command per operation. It works as it stands, with the address and the credential in two variables."""

import json
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, Final
from urllib.parse import quote_plus

ADDRESS: Final = "ANLYT"  # shell variables that the reader sets
CREDENTIAL: Final = "CREDENTIAL"
_WINDOW: Final = ("last", "7d")


def curl(method: str, path: str, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> str:
    """The command that calls an operation. `parameters`: the operation's, without references."""
    values = {each["name"]: each["schema"]["examples"][0] for each in parameters if each["required"]}
    url = f"${ADDRESS}{path.format_map(values)}"
    if _WINDOW[0] in {each["name"] for each in parameters}:
        url += f"?{_WINDOW[0]}={quote_plus(_WINDOW[1])}"
    words = ["curl -sS"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if operation["security"]:
        words.append(f'-H "${CREDENTIAL}"')
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        words.append(f"-H {quote(f'Content-Type: {media_type}')} -d {quote(json.dumps(content['example']))}")
    return " ".join([*words, f'"{url}"'])
