"""The schema of the values of ClickHouse's chart."""

from collections.abc import Mapping
from typing import Any, Final

from tools.values.kubernetes import DEFINITIONS, Schema, record, reference, text, whole


def schema() -> Mapping[str, Any]:
    """The content of values.schema.json."""
    # Helm adds `global` to the values.
    values = record({"global": {"type": "object"}, **_VALUES}, "global", "nodeSelector", "tolerations")
    about = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart anlyt-clickhouse"}
    return {**about, **values, "definitions": {**DEFINITIONS, **_DEFINITIONS}}


_ENABLED: Final = {"type": "boolean"}
_PEER: Final = record({"namespace": reference("namespace")})
_DEFINITIONS: Final[Mapping[str, Schema]] = {
    "storage": record({"class": reference("secretName"), "size": reference("size")}),
    "size": text("[1-9][0-9]{0,5}(Gi|Ti)"),
    # The template writes it into XML.
    "endpoint": text("https?://[A-Za-z0-9._~:/%-]+/"),
}
_READER: Final = record({"tenant": text("[A-Za-z0-9_.:-]{0,64}")})
_VALUES: Final[Mapping[str, Schema]] = {
    "image": reference("image"),
    "cluster": text("[A-Za-z_][A-Za-z0-9_]{0,63}"),
    "replicas": whole(1, 9),
    "writer": whole(0, 8),
    "resources": reference("resources"),
    "storage": record({"hot": reference("storage"), "warm": reference("storage")}),
    "keeper": record(
        {"replicas": {"enum": [1, 3, 5]}, "resources": reference("resources"), "storage": reference("storage")}
    ),
    "tiers": record(
        {
            "enabled": _ENABLED,
            "endpoint": reference("endpoint"),
            "region": text("[A-Za-z0-9-]+"),
            "cacheSize": reference("size"),
        }
    ),
    "backup": record(
        {
            "enabled": _ENABLED,
            "schedule": reference("schedule"),
            "endpoint": reference("endpoint"),
            "resources": reference("resources"),
        }
    ),
    "secrets": record({"existingSecret": reference("secretName"), "vault": reference("vault")}, "existingSecret"),
    "readers": {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^[a-z][a-z0-9_]{0,62}$": _READER},
    },
    # The templates write these as integers, however large they are.
    "limits": record(
        {
            "seconds": whole(1, 86_400),
            "exportSeconds": whole(1, 86_400),
            "memory": whole(1, 10**15),
            "rows": whole(1, 10**15),
        }
    ),
    "network": record(
        {
            "enabled": _ENABLED,
            "service": _PEER,
            "prometheus": _PEER,
            "readers": {"type": "array", "items": reference("peer")},
            "egress": reference("egress"),
        }
    ),
    "monitoring": reference("monitoring"),
    "nodeSelector": reference("labels"),
    "tolerations": {"type": "array", "items": reference("toleration")},
}
