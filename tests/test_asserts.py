"""An `assert` in the product only helps mypy. It must not check anything: `python -O` removes it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.export import ROOT

PRODUCT: Final = ("schema", "functions", "infra", "ingest", "pipelines", "graph", "commands")


def asserts(path: Path) -> Iterator[ast.Assert]:
    """All asserts except those at import, which compare the product's own tables and run in all tests."""
    tree = ast.parse(path.read_text())
    at_import = {id(node) for node in tree.body}
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Assert) and id(node) not in at_import)


def narrows(test: ast.expr) -> bool:
    """Whether an assert is `isinstance(...)` or `... is not None`."""
    match test:
        case ast.Call(func=ast.Name(id="isinstance")):
            return True
        case ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
        case _:
            return False


def test_asserts_narrow_types_alone() -> None:
    files = [ROOT / "anlyt.py", *(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))]
    checks = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.test)}"
        for path in files
        for node in asserts(path)
        if not narrows(node.test)
    ]
    assert checks == []
