"""URLs of engines: which can be meant, and how they are told, as they may have passwords."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

MOST: Final = 65535  # of a port

# Nothing, or a name or address, which has brackets if it is of IPv6.
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]*)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)

_USER: Final = re.compile(r"//[^/?#]*@")
_PASSWORD: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*")


def is_url(text: str, schemes: Collection[str]) -> bool:
    """Whether hosts and ports, of which there may be several, are where `text` seems to have them.

    `postgresql://anlyt:1/2@db` is none: what has to be the port is not, as the password's `/` ends the host.
    """
    try:
        url = urlsplit(text)
    except ValueError:  # unpaired brackets
        return False
    hosts = url.netloc.rpartition("@")[2].split(",")
    return url.scheme in schemes and "@" not in url.path and not url.fragment and all(map(_is_host, hosts))


def _is_host(text: str) -> bool:
    """Of the form `host`, `host:port` or, where the host is said elsewhere, nothing."""
    found = _HOST.fullmatch(text)
    return found is not None and 0 < int(found["port"] or MOST) <= MOST


def without_secrets(urls: str) -> str:
    """One URL, or several, as they may be told: without users and passwords, wherever these stand."""
    return _PASSWORD.sub(r"\1***", _USER.sub("//", urls))
