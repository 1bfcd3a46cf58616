"""What the server reads from a statement's text: an INSERT with rows, and the output format. Pure: no I/O."""

import re
from dataclasses import dataclass

_NAME = rb"(?: [\w.]+ | `(?:[^`\\]|\\.)*` | \"(?:[^\"\\]|\\.)*\" )"
_STRING = rb"'(?:[^'\\]|\\.)*'"
_FLAT = rb"(?: [^()`\"'] | " + _NAME + rb" | " + _STRING + rb" )*+"
_LIST = rb"\( " + _FLAT + rb" (?: \( " + _FLAT + rb" \) " + _FLAT + rb" )*+ \)"
_COMMENT = rb"(?: /\*.*?\*/ | --[^\n]*\n )"

# INSERT INTO [TABLE] name | FUNCTION name(...) [(columns)] [SETTINGS ...] FORMAT name, then the rows.
_INSERT = re.compile(
    rb"(?P<into> (?: \s | " + _COMMENT + rb" )*+ INSERT \s+ INTO \s+ (?:TABLE\s+)? (?:FUNCTION\s+)? " + _NAME + rb"++"
    rb" (?: \s* " + _LIST + rb" ){0,2} )"
    rb" (?P<settings> \s+ SETTINGS \s+ [^()]*? )? \s+ FORMAT \s+ (?P<format> \w+ ) [ \t]* ;? (?: \r?\n | $ )",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_OUTPUT = re.compile(rb"\s FORMAT \s+ (\w+) \s* (?: SETTINGS \s [^()]* )? ;? \s* $", re.IGNORECASE | re.VERBOSE)
_READS = re.compile(
    rb"(?: [\s(] | " + _COMMENT + rb" )*+"
    rb" (?: SELECT | WITH | FROM | SHOW | DESC | DESCRIBE | EXISTS | EXPLAIN | CHECK | KILL | TABLE | VALUES ) \b",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Insert:
    """`into`: `INSERT INTO ...` up to the columns. `settings`: its `SETTINGS ...`, or empty. `rows`: in `format`."""

    into: bytes
    settings: bytes
    format: str
    rows: bytes

    def from_file(self, path: str) -> bytes:
        """The statement that reads the rows from the file `path`.

        chDB's `send_insert` is no alternative: it hides errors of the table (a failed CHECK, too many parts).
        """
        source = f" FROM INFILE '{path}' COMPRESSION 'none'".encode()
        return self.into + source + self.settings + b" FORMAT " + self.format.encode()


def split_insert(sql: bytes) -> Insert | None:
    """The parts of an INSERT with rows after a FORMAT; None for any other statement."""
    match = _INSERT.match(sql)
    if match is None:
        return None
    return Insert(match["into"], match["settings"] or b"", match["format"].decode(), sql[match.end() :])


def output_format(sql: bytes) -> str | None:
    """The output format that a statement names, None if it names none."""
    match = _OUTPUT.search(sql)
    return match[1].decode() if match else None


def returns_rows(sql: bytes) -> bool:
    """Whether a statement is one that returns rows."""
    return _READS.match(sql) is not None
