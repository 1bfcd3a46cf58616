"""Nothing of the last release is broken, and every kind of break of a document would be found."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from schema.version import VERSION
from tools import release
from tools.compatibility import asyncapi, graphql, openapi
from tools.compatibility.released import DOCUMENTS, breaks, last_release
from tools.export import ROOT

SCHEMA: Final = ROOT / "schema"
SUMMARY: Final = "/v1/internal/analytics/summary"
Change = Callable[[Any], object]


def test_nothing_breaks_callers_of_the_last_release() -> None:
    assert list(breaks(SCHEMA)) == []


def test_the_version_is_the_last_releases_or_a_later_one() -> None:
    ordered = [[int(part) for part in each.split(".")] for each in (last_release(SCHEMA / "released").name, VERSION)]
    assert ordered == sorted(ordered)
    for name in DOCUMENTS.keys() - {"graph.graphql", "audit.graphql"}:
        assert json.loads((SCHEMA / name).read_text())["info"]["version"] == VERSION


def summary(document: Any) -> Any:
    return document["paths"][SUMMARY]["get"]


def schemas(document: Any) -> Any:
    return document["components"]["schemas"]


def new_parameter(document: Any) -> None:
    summary(document)["parameters"].append({"name": "n", "in": "query", "required": True, "schema": {}})


OPENAPI: Final[Mapping[str, Change]] = {
    f"GET {SUMMARY} is gone.": lambda each: each["paths"].pop(SUMMARY),
    f"GET {SUMMARY} from is gone.": lambda each: summary(each)["parameters"].pop(0),
    f"GET {SUMMARY} n is new and required.": new_parameter,
    f"GET {SUMMARY} from is required now.": lambda each: summary(each)["parameters"][0].update(required=True),
    f"GET {SUMMARY} from: format was date-time, and is date.": lambda each: summary(each)["parameters"][0][
        "schema"
    ].update(format="date"),
    f"GET {SUMMARY} granularity: the value daily is gone.": lambda each: next(
        parameter for parameter in summary(each)["parameters"] if parameter.get("name") == "granularity"
    )["schema"]["enum"].remove("daily"),
    f"GET {SUMMARY}: the status 304 is gone.": lambda each: summary(each)["responses"].pop("304"),
    f"GET {SUMMARY} 200: the header ETag is gone.": lambda each: summary(each)["responses"]["200"]["headers"].pop(
        "ETag"
    ),
    f"GET {SUMMARY} 200: application/json is gone.": lambda each: summary(each)["responses"]["200"]["content"].clear(),
    f"GET {SUMMARY}: a credential that was enough is not.": lambda each: summary(each)["security"].pop(),
    "GET /health/live needs a credential now.": lambda each: each["paths"]["/health/live"]["get"].update(
        security=[{"token": []}]
    ),
    f"GET {SUMMARY} 200.totalCost is gone.": lambda each: schemas(each)["Summary"]["properties"].pop("totalCost"),
    f"GET {SUMMARY} 200.totalCost may be absent now.": lambda each: schemas(each)["Summary"]["required"].remove(
        "totalCost"
    ),
    f"GET {SUMMARY} 200.window.from is gone.": lambda each: schemas(each)["Window"]["properties"].pop("from"),
    "POST /v1/anlyt/query body.limit: maximum was 10000, and is 9.": lambda each: schemas(each)["Query"]["properties"][
        "limit"
    ].update(maximum=9),
    "POST /v1/anlyt/query body.measures[]: the value messages is gone.": lambda each: schemas(each)["Query"][
        "properties"
    ]["measures"]["items"]["enum"].remove("messages"),
    "The error QUERY_TOO_EXPENSIVE is gone.": lambda each: [
        operation["responses"].pop("422", None) for path in each["paths"].values() for operation in path.values()
    ],
}
ASYNCAPI: Final[Mapping[str, Change]] = {
    "The channel SMS_DLR is gone.": lambda each: each["channels"].pop("SMS_DLR"),
    "The address of SMS_DLR was sms.dlr.inbound, and is dlr.": lambda each: each["channels"]["SMS_DLR"].update(
        address="dlr"
    ),
    "SMS_DLR: sms.dlr.inbound.v1 is gone.": lambda each: each["channels"]["SMS_DLR"]["messages"].clear(),
    "sms.billed.v1.mno is required now.": lambda each: schemas(each)["SmsBilled"]["required"].append("mno"),
    "operator.quality.v1.mno is gone.": lambda each: schemas(each)["OperatorQuality"]["properties"].pop("mno"),
    "operator.quality.v1.mno may be absent now.": lambda each: schemas(each)["OperatorQuality"]["required"].remove(
        "mno"
    ),
}


def changed(name: str, change: Change) -> tuple[Any, Any]:
    old, new = (json.loads((SCHEMA / name).read_text()) for _ in range(2))
    change(new)
    return old, new


@pytest.mark.parametrize("sentence", OPENAPI)
def test_breaks_of_openapi_are_found(sentence: str) -> None:
    assert sentence in list(openapi.breaks(*changed("openapi.json", OPENAPI[sentence])))


@pytest.mark.parametrize("sentence", ASYNCAPI)
def test_breaks_of_asyncapi_are_found(sentence: str) -> None:
    assert sentence in list(asyncapi.breaks(*changed("asyncapi.json", ASYNCAPI[sentence])))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  totalCost: String!\n", "", "Summary.totalCost was removed."),
        ("  totalCost: String!\n", "  totalCost: String\n", "changed type from String! to String."),
        ("  DAILY\n", "", "By.DAILY was removed."),
    ],
)
def test_breaks_of_graphql_are_found(old: str, new: str, sentence: str) -> None:
    text = "type Query { summary(by: By = HOURLY): Summary }\ntype Summary {\n  id: ID\n  totalCost: String!\n}\n"
    text += "enum By {\n  HOURLY\n  DAILY\n}\n"
    assert old in text
    assert [each for each in graphql.breaks(text, text.replace(old, new)) if sentence in each]
    assert list(graphql.breaks(text, text)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_break_names_its_document(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "released" / "1.2.0"
    copy.mkdir(parents=True)
    (tmp_path / "released" / "1.10.0").symlink_to(SCHEMA)
    assert last_release(tmp_path / "released").name == "1.10.0"
    for each in DOCUMENTS:
        (tmp_path / each).write_text((SCHEMA / each).read_text())
    empty: Any = {"paths": {}, "channels": {}, "components": {"messages": {}}}
    (tmp_path / name).write_text("type Query { a: Int }" if name.endswith(".graphql") else json.dumps(empty))
    found = list(breaks(tmp_path))
    assert found
    assert {each.partition(": ")[0] for each in found} == {name}


def test_a_release_is_kept_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for each in DOCUMENTS:
        (tmp_path / each).write_text(each)
    assert release.main(tmp_path) == 0
    assert {each.name for each in (tmp_path / "released" / VERSION).iterdir()} == set(DOCUMENTS)
    assert release.main(tmp_path) == 1
    assert VERSION in capsys.readouterr().err
