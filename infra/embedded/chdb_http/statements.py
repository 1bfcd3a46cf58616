"""What has to be seen of a statement from outside the engine: an INSERT that carries rows, and the output format."""

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
    """`INSERT INTO ...` up to the column list, its `SETTINGS ...` or nothing, the input format, and the rows in it."""

    into: bytes
    settings: bytes
    format: str
    rows: bytes

    def from_file(self, path: str) -> bytes:
        """The statement that reads the rows from `path`.

        Never chDB's `send_insert`: it hides errors of the table (a failed CHECK, too many parts) and reports success.
        """
        source = f" FROM INFILE '{path}' COMPRESSION 'none'".encode()
        return self.into + source + self.settings + b" FORMAT " + self.format.encode()


def split_insert(sql: bytes) -> Insert | None:
    """None for everything but an INSERT with rows behind a FORMAT."""
    found = _INSERT.match(sql)
    if found is None:
        return None
    return Insert(found["into"], found["settings"] or b"", found["format"].decode(), sql[found.end() :])


def output_format(sql: bytes) -> str | None:
    found = _OUTPUT.search(sql)
    return found[1].decode() if found else None


def returns_rows(sql: bytes) -> bool:
    return _READS.match(sql) is not None
