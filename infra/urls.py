"""URLs: a strict check of engines' addresses, hosts in brackets, and printing without passwords."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

LARGEST_PORT: Final = 65535

# Nothing, a name, an IPv4 address, or an IPv6 address in brackets.
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]*)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)

_USER: Final = re.compile(r"//[^/?#]*@")
_PASSWORD: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*")


def is_url(text: str, schemes: Collection[str]) -> bool:
    """Whether `text` is a URL with one of `schemes` and with one or more valid hosts and ports.

    `postgresql://anlyt:1/2@db` is not: the password's `/` ends the host.
    """
    try:
        url = urlsplit(text)
    except ValueError:  # unpaired brackets
        return False
    hosts = url.netloc.rpartition("@")[2].split(",")
    return url.scheme in schemes and "@" not in url.path and not url.fragment and all(map(_is_host, hosts))


def _is_host(text: str) -> bool:
    """Whether `text` is `host` or `host:port`, or empty: PostgreSQL's URLs may name the host in a parameter."""
    match = _HOST.fullmatch(text)
    return match is not None and 0 < int(match["port"] or LARGEST_PORT) <= LARGEST_PORT


def in_url(host: str) -> str:
    """A host as URLs have it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def one_per_host(url: str) -> list[str]:
    """The URL once per host, in order: `postgresql://u@a,b:5/d` gives `postgresql://u@a/d` and `postgresql://u@b:5/d`."""
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return [url]
    return [parts._replace(netloc=f"{user}{at}{host}").geturl() for host in hosts.split(",")]


def without_secrets(urls: str) -> str:
    """One URL, or several, for messages and logs: without users and passwords."""
    return _PASSWORD.sub(r"\1***", _USER.sub("//", urls))
