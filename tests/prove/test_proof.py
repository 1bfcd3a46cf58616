"""Random questions are answered alike in all ways; an error of the product is found, and its question shrunk."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from graph.dsl import formats
from graph.dsl.answers import PrintedColumn
from graph.rest import query
from infra.embedded.engine import Engine
from tests.prove.proof import Limit, Proof, Size, prove
from tests.prove.ways import WAYS

pytestmark = pytest.mark.anyio

SMALL = Size(steps=2, events=20, questions=10)


def _silent(_: Proof, __: int) -> None:
    """Shows no progress."""


async def test_all_ways_answer_alike(template: Engine, clickhouse: Engine, seed: int) -> None:
    proof = await prove(template, clickhouse, seed, Limit(20, inf), _silent, SMALL)
    assert proof.differences == []
    assert {*WAYS, "REST", "GraphQL report", "brute force"} - {"JSON"} <= proof.compared.keys()


async def test_a_wrong_digit_is_found(
    template: Engine, clickhouse: Engine, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CSV writes 0 for null."""

    def to_csv(columns: Sequence[PrintedColumn]) -> bytes:
        return formats.to_csv([replace(each, values=[value or 0 for value in each.values]) for each in columns])

    monkeypatch.setattr(query, "to_csv", to_csv)
    limit, size = Limit(40, inf, differences=1), Size(steps=1, events=10, questions=40)
    proof = await prove(template, clickhouse, seed, limit, _silent, size)
    assert any("CSV, row" in each and "again: make prove" in each for each in proof.differences)
