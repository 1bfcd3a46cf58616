"""Elements of SVG and HTML as escaped text. The only module of the charts that makes Markup out of a string."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NewType, TypeAlias

from markupsafe import Markup, escape

Attribute: TypeAlias = str | int | float | Decimal | None
Attributes: TypeAlias = Mapping[str, Attribute]
Written = NewType("Written", str)  # attributes as a tag has them, escaped

# XML has no way to write these; a name with one stays readable.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, attributes: Attributes, *children: Markup | str) -> Markup:
    """One element. `tag` and the names of attributes are literals of this package.

    Escapes values and text children. A float is a coordinate, rounded to 2 decimals. Omits attributes that are None.
    Without children the element is closed at once: of HTML's elements, which cannot be, each gets a child.
    """
    head = f"{tag}{written(attributes)}"
    if not children:
        return _markup(f"<{head}/>")
    inner = "".join([child if isinstance(child, Markup) else _text(child) for child in children])
    return _markup(f"<{head}>{inner}</{tag}>")


def written(attributes: Attributes) -> Written:
    """The attributes, for `elements`: those that several pictures have in common are written once."""
    return Written("".join([_attribute(name, value) for name, value in attributes.items()]))


def coordinates(name: str, values: Iterable[float]) -> Sequence[Written]:
    """One coordinate of many elements, for `elements`."""
    return [Written(f' {name}="{coordinate(value)}"') for value in values]


def elements(tag: str, *columns: Iterable[Written]) -> Markup:
    """Elements without children, one per row of columns of attributes. A chart has hundreds that are alike."""
    return _markup("".join([f"<{tag}{''.join(row)}/>" for row in zip(*columns, strict=True)]))


def joined(parts: Iterable[Markup]) -> Markup:
    """The parts, one after the other."""
    return Markup("").join(parts)


@lru_cache(maxsize=8192)  # pictures of the same times have the same places
def coordinate(value: float) -> str:
    """At most 2 decimals, without needless zeros: 12.50 -> "12.5"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _markup(text: str) -> Markup:
    """Text whose parts are all escaped. As Markup(text), which takes three times as long."""
    return str.__new__(Markup, text)


def _attribute(name: str, value: Attribute) -> str:
    if isinstance(value, str):
        return _of_text(name, value)
    return "" if value is None else f' {name}="{_of_number(value)}"'


@lru_cache(maxsize=4096, typed=True)  # most classes, times and names occur often; typed: Markup equals its text
def _of_text(name: str, value: str) -> str:
    return f' {name}="{_text(value)}"'


def _of_number(value: float | Decimal) -> str:
    return coordinate(value) if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return str(escape(text if text.isprintable() else _NOT_IN_XML.sub("\ufffd", text)))
