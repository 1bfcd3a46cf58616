"""Elements of SVG and HTML as escaped text. The only module of the charts that makes Markup out of a string."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from markupsafe import Markup, escape

Attribute: TypeAlias = str | int | float | Decimal | None
Attributes: TypeAlias = Mapping[str, Attribute]

# XML has no way to write these; a name with one stays readable.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, attributes: Attributes, *children: Markup | str) -> Markup:
    """One element. `tag` and the names of attributes are literals of this package.

    Escapes values and text children. A float is a coordinate, rounded to 2 decimals. Omits attributes that are None.
    Without children the element is closed at once: of HTML's elements, which cannot be, each gets a child.
    """
    written = "".join(
        [
            _of_text(name, value) if isinstance(value, str) else f' {name}="{_of_number(value)}"'
            for name, value in attributes.items()
            if value is not None
        ]
    )
    if not children:
        return Markup(f"<{tag}{written}/>")  # noqa: S704 -- all parts are escaped above
    inner = "".join([child if isinstance(child, Markup) else _text(child) for child in children])
    return Markup(f"<{tag}{written}>{inner}</{tag}>")  # noqa: S704 -- all parts are escaped above


def joined(parts: Iterable[Markup]) -> Markup:
    """The parts, one after the other."""
    return Markup("").join(parts)


def coordinate(value: float) -> str:
    """At most 2 decimals, without needless zeros: 12.50 -> "12.5"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=4096, typed=True)  # most classes, times and names occur often; typed: Markup equals its text
def _of_text(name: str, value: str) -> str:
    return f' {name}="{_text(value)}"'


def _of_number(value: float | Decimal) -> str:
    return coordinate(value) if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return str(escape(text if text.isprintable() else _NOT_IN_XML.sub("\ufffd", text)))
