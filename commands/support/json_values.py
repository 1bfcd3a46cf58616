"""Splits the bytes of a file into its JSON values: one value, a list of values, or JSON lines.

Memory is constant: of a value that is longer than LONGEST, no text is kept. A broken value ends where JSON cannot go
on: at the end of a line inside a string, or before an object that begins a line where no object may be. So a broken
line of JSON lines does not hide the lines after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from infra.errors import UsageError

LONGEST: Final = 1 << 20  # bytes of a value; NATS takes no longer messages unless it is configured to
DEEPEST: Final = 10_000  # brackets that are open at the same time
BEFORE: Final = 256  # bytes before an object in which the character before it is looked for
BOM: Final = b"\xef\xbb\xbf"

_GAP: Final = re.compile(rb"[ \t\r,]*")
_TOKEN: Final = re.compile(rb'["\[\]{}\n]')
_TOKEN_IN_STRING: Final = re.compile(rb'\\[^\n]|["\\\n]')
_END_OF_LINE: Final = re.compile(rb"\n")
_END_OF_ITEM: Final = re.compile(rb"[\n,\]]")
_JSON: Final = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value, perhaps a broken one, and the line in which it begins. `fault`: why there is no text of it.

    `is_list`: it is no value but the list around the values, which does not end.
    """

    line: int
    text: bytes
    fault: str | None = None
    is_list: bool = False


class _Part:
    """A value of which a part was read."""

    def __init__(self, line: int, first: bytes) -> None:
        self.line = line
        self.text = bytearray()
        self.length = 0
        self.fault: str | None = None
        self.open = bytearray()  # the brackets that are open
        self.in_string = False
        self.is_scalar = first not in b"{["

    def keep(self, text: bytes) -> None:
        self.length += len(text)
        if self.length > LONGEST:
            self.fault = self.fault or f"The event is longer than {LONGEST:,} bytes."
            self.text.clear()
        else:
            self.text += text

    def may_have_object(self, before: bytes) -> bool:
        """Whether an object may follow `before`, which follows the text that was kept."""
        last = (bytes(self.text[-BEFORE:]) + before)[-BEFORE:].rstrip()[-1:]
        return last in b":[" or (last == b"," and self.open.endswith(b"["))

    def value(self) -> JsonValue:
        return JsonValue(self.line, b"" if self.fault else bytes(self.text).rstrip(), self.fault)


class JsonSplitter:
    """Takes the bytes of a file in chunks of any size."""

    def __init__(self) -> None:
        self._line = 1
        self._list_line = 0  # where the list around the values begins; 0 without one
        self._part: _Part | None = None
        self._is_first = True
        self._rest = b""  # bytes that have to be read together with those that follow

    def feed(self, chunk: bytes) -> Iterator[JsonValue]:
        """The values that end in this chunk. Raises UsageError for a file in UTF-16 or UTF-32."""
        chunk, self._rest, position = self._rest + chunk, b"", 0
        if self._is_first:
            if len(chunk) < len(BOM):
                self._rest = chunk
                return
            self._is_first, chunk = False, _in_utf_8(chunk)
        while position < len(chunk):
            if self._part is None:
                position, value = self._between(chunk, position)
            elif self._part.is_scalar:
                position, value = self._scalar(self._part, chunk, position)
            else:
                position, value = self._inside(self._part, chunk, position)
            if value is not None:
                yield value

    def end(self) -> Iterator[JsonValue]:
        """The value in which the file ends, and a list that does not end."""
        if self._is_first:
            yield from self.feed(b" " * len(BOM))
        if self._part is not None:
            yield self._part.value()
        if self._list_line:
            yield JsonValue(self._list_line, b"", "The list does not end; the file may be cut off.", is_list=True)

    def _between(self, chunk: bytes, position: int) -> tuple[int, JsonValue | None]:
        """Reads up to the start of the next value, or a value that is alone in its line."""
        begins_line = position == 0 or chunk[position - 1 : position] == b"\n"
        gap = _GAP.match(chunk, position)
        position = gap.end() if gap else position
        first = chunk[position : position + 1]
        if first == b"\n":
            self._line += 1
        elif first == b"[" and not self._list_line:
            self._list_line = self._line
        elif first == b"]" and self._list_line:
            self._list_line = 0
        elif first:
            end = chunk.find(b"\n", position) if first == b"{" and begins_line else -1
            if end > 0 and _is_json(text := chunk[position:end].rstrip(b" \t\r,")):
                return end, JsonValue(self._line, text)
            self._part = _Part(self._line, first)
            return position, None
        return position + 1, None

    def _scalar(self, part: _Part, chunk: bytes, position: int) -> tuple[int, JsonValue | None]:
        """Reads what is neither a list nor an object, to the end of the line or of the list's item."""
        end = (_END_OF_ITEM if self._list_line else _END_OF_LINE).search(chunk, position)
        part.keep(chunk[position : end.start() if end else None])
        return (end.start(), self._ended(part)) if end else (len(chunk), None)

    def _inside(self, part: _Part, chunk: bytes, start: int) -> tuple[int, JsonValue | None]:
        """Reads to the end of a list or object, or to where it breaks."""
        position = start
        while (token := (_TOKEN_IN_STRING if part.in_string else _TOKEN).search(chunk, position)) is not None:
            position = token.end()
            if token[0] == b"\\" and position == len(chunk):
                self._rest, chunk = chunk[-1:], chunk[:-1]
                break
            if self._breaks(part, chunk, start, token):
                part.keep(chunk[start : token.start()])
                return token.start(), self._ended(part)
            if self._ends(part, token[0]):
                part.keep(chunk[start:position])
                return position, self._ended(part)
        part.keep(chunk[start:])
        return len(chunk) + len(self._rest), None

    def _breaks(self, part: _Part, chunk: bytes, start: int, token: "re.Match[bytes]") -> bool:
        """Whether JSON cannot go on with this token, so that the value ends before it."""
        if part.in_string:
            return token[0] == b"\n"
        before = chunk[max(start, token.start() - BEFORE) : token.start()]
        if token[0] != b"{" or not part.open or not (before or part.text).endswith(b"\n"):
            return False
        return not part.may_have_object(before)

    def _ends(self, part: _Part, token: bytes) -> bool:
        """Reads a token. Returns whether the value ends with it."""
        if token == b'"':
            part.in_string = not part.in_string
        elif token == b"\n":
            self._line += 1
        elif not part.in_string and token in b"{[":
            part.open += token
            if len(part.open) > DEEPEST:
                part.fault, part.is_scalar = "The event is nested too deeply to be read.", True
                return False
        elif not part.in_string:
            part.open.pop()
            return not part.open
        return False

    def _ended(self, part: _Part) -> JsonValue:
        self._part = None
        return part.value()


def _in_utf_8(start: bytes) -> bytes:
    """The start of a file without the mark of UTF-8. Raises UsageError if it is in UTF-16 or UTF-32."""
    if b"\x00" in start[:4] or start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError("The input is in UTF-16 or UTF-32. Save it as UTF-8.")
    return start.removeprefix(BOM)


def _is_json(text: bytes) -> bool:
    try:
        _JSON.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return len(text) <= LONGEST
