"""Values that a schema accepts become valid manifests, equal in both Helms. Both refuse other values by name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.charts import CLICKHOUSE, SERVICE, Chart, Manifest, of_kind, places, validate
from tests.support.random_values import InvalidValue, RandomValues
from tools.export import ROOT


def drawn(chart: Chart) -> RandomValues:
    return RandomValues(json.loads((ROOT / chart.folder / "values.schema.json").read_text()), chart.values())


@pytest.mark.parametrize("chart", [SERVICE, CLICKHOUSE], ids=lambda chart: chart.folder)
@given(data=st.data())
@settings(max_examples=30)
def test_what_is_let_through_is_rendered(chart: Chart, data: st.DataObject) -> None:
    changes = data.draw(drawn(chart).changes())
    sentences = list(contradictions(chart, chart.values(**changes)))
    if sentences:
        for refusal in chart.refusals(**changes).values():
            assert any(sentence in refusal for sentence in sentences), refusal
    else:
        manifests = chart.manifests(**changes)
        validate(manifests)
        check_files(manifests)


def contradictions(chart: Chart, values: Mapping[str, Any]) -> Iterator[str]:
    """The templates' messages for values that contradict each other."""
    if not (values["secrets"].get("existingSecret") or values["secrets"]["vault"]["enabled"]):
        yield "secrets.existingSecret names a Secret unless secrets.vault.enabled"
    if chart is CLICKHOUSE:
        if values["writer"] >= values["replicas"]:
            yield f"writer is {values['writer']}, and replicas is {values['replicas']}: they count from 0"
        return
    if values["api"]["autoscaling"]["enabled"] and is_upside_down(values["api"]["autoscaling"]):
        yield "api.autoscaling: minReplicas"
    if values["ingest"]["keda"]["enabled"]:
        functions = values["ingest"]["functions"]
        if any(is_upside_down({**values["ingest"]["scale"], **own}) for own in [{}, *functions.values()]):
            yield "over ingest.scale: minReplicas"


def is_upside_down(scale: Mapping[str, int]) -> bool:
    return scale["minReplicas"] > scale["maxReplicas"]


def check_files(manifests: list[Manifest]) -> None:
    for each in of_kind(manifests, "ConfigMap").values():
        for name, text in each["data"].items():
            if name.endswith(".xml"):
                ElementTree.fromstring(text)


@pytest.mark.parametrize("chart", [SERVICE, CLICKHOUSE], ids=lambda chart: chart.folder)
@given(data=st.data())
@settings(max_examples=50)
def test_what_is_not_let_through_is_refused_by_name(chart: Chart, data: st.DataObject) -> None:
    wrong = data.draw(drawn(chart).invalid())
    for helm, refusal in chart.refusals(**wrong.changes()).items():
        assert is_named(wrong, refusal), f"{helm}: {refusal}"


def is_named(wrong: InvalidValue, refusal: str) -> bool:
    place = ".".join(wrong.place)
    return any(each == place or each.startswith(f"{place}.") for each in places(refusal))
