"""The tree of errors in the docstring of infra.errors matches the code."""

import ast
import re
from collections.abc import Iterator

import infra.errors
from tools.export import ROOT

PRODUCT = ("schema", "functions", "infra", "ingest", "pipelines", "graph", "commands")


def declared() -> Iterator[tuple[str, str]]:
    """Each public error of the code, and its base."""
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and re.fullmatch(r"[A-Z]\w*Error", node.name):
                    (base,) = node.bases
                    yield node.name, ast.unparse(base)


def drawn() -> Iterator[tuple[str, str]]:
    above: dict[int, str] = {}
    for line in (infra.errors.__doc__ or "").splitlines():
        if found := re.fullmatch(r"((?:    )+)(\w*(?:Error|Exception))(?: .*)?", line):
            depth = len(found[1])
            above[depth] = found[2]
            if depth - 4 in above:
                yield found[2], above[depth - 4]


def test_the_tree_is_that_of_the_code() -> None:
    assert sorted(drawn()) == sorted(set(declared()))
