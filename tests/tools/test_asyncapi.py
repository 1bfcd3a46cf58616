"""The AsyncAPI document is valid, and says of streams and consumers what the code does."""

import json
from pathlib import Path
from typing import Final

import pytest

from functions import FUNCTIONS
from schema.streams import STREAMS
from tests.support.npm import run_node
from tools.asyncapi import document
from tools.export import ROOT

pytestmark = pytest.mark.anyio

PARSE: Final = """
const { Parser } = require("@asyncapi/parser");
new Parser().parse(require("fs").readFileSync(process.argv[2], "utf8")).then(({ document, diagnostics }) => {
  const channels = document === undefined ? [] : document.channels().all();
  const messages = channels.flatMap((channel) => channel.messages().all().map((message) => message.name()));
  console.log(JSON.stringify({ diagnostics, messages }));
});
"""


async def test_the_public_parser_has_no_complaint(tmp_path: Path) -> None:
    """Errors, warnings and hints are all complaints."""
    (tmp_path / "parse.cjs").write_text(PARSE)
    parsed = json.loads(await run_node(tmp_path / "parse.cjs", ROOT / "schema/asyncapi.json"))
    assert parsed["diagnostics"] == []
    types = {function.event.event_type for function in FUNCTIONS}
    assert set(parsed["messages"]) == {*types, "operator.quality.v1", "deadletter"}


def test_streams_and_consumers_are_those_of_the_code() -> None:
    described = document()
    assert {name: channel["address"].partition(".{")[0] for name, channel in described["channels"].items()} == {
        stream.name: stream.subject.removesuffix(".>") for stream in STREAMS
    }
    received = {name: each for name, each in described["operations"].items() if each["action"] == "receive"}
    assert {(name, each["channel"]["$ref"], each["x-durable"]) for name, each in received.items()} == {
        (function.name, f"#/channels/{function.stream.name}", function.durable) for function in FUNCTIONS
    }
    quality = described["components"]["schemas"]["OperatorQuality"]
    assert quality["required"] == list(quality["properties"])
