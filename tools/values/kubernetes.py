"""JSON Schemas of Kubernetes' values, such as images and resources, which both charts use as definitions.

Valid values make manifests that are valid by Kubernetes' schemas. Helm takes only Go's patterns, without look-ahead.
Member names are in `properties` or `patternProperties`, not in `propertyNames`, so that Helm's error says which name is
wrong, and where.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]


def text(pattern: str, **more: Any) -> Schema:
    """A string that matches the pattern as a whole."""
    return {"type": "string", "pattern": f"^({pattern})$", **more}


def whole(least: int, most: int) -> Schema:
    """An integer. Helm writes integers of seven or more digits as floats, so larger bounds need a reason."""
    return {"type": "integer", "minimum": least, "maximum": most}


def record(members: Mapping[str, Schema], *optional: str) -> Schema:
    """An object with exactly these members. Refuses `null` too, which would remove a default."""
    required = [name for name in members if name not in optional]
    return {"type": "object", "additionalProperties": False, "properties": members, "required": required}


def reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _many(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "minItems": least, "items": items}


def _field(number: str) -> str:
    """The pattern of one of the five fields of a cron schedule: stars, numbers, ranges and steps."""
    part = rf"(\*|{number}(-{number})?)(/[1-9][0-9]?)?"
    return f"{part}(,{part})*"


def _schedule() -> str:
    minute, hour, day, month = "[0-5]?[0-9]", "([01]?[0-9]|2[0-3])", "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])"
    return " ".join(_field(number) for number in (minute, hour, day, month, "[0-6]"))


def _labels(without: Sequence[str] = ()) -> Schema:
    key = f"^({_SUBDOMAIN}/)?{_LABEL}$"
    forbidden = {"properties": dict.fromkeys(without, False)} if without else {}
    return {"type": "object", "additionalProperties": False, **forbidden, "patternProperties": {key: _LABEL_VALUE}}


_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
_LABEL_VALUE: Final = text(f"({_LABEL})?")
_SET_BY_CHARTS: Final = ("name", "instance", "component", "version", "managed-by")
_BYTES: Final = text("[1-9][0-9]{0,8}([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)")
_PROCESSORS: Final = {
    **text("[0-9]{1,6}([.][0-9]{1,3}|m)?"),
    "type": ["string", "integer"],
    "minimum": 1,
    "maximum": 1024,
}
_AMOUNTS: Final = record(
    {"cpu": _PROCESSORS, "memory": _BYTES, "ephemeral-storage": _BYTES}, "cpu", "ephemeral-storage"
)
_EXPRESSION: Final = record(
    {
        "key": text(_LABEL),
        "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
        "values": _many(_LABEL_VALUE),
    },
    "values",
)

DEFINITIONS: Final[Mapping[str, Schema]] = {
    "image": record(
        {
            "repository": text("[A-Za-z0-9]+([._:/-]+[A-Za-z0-9]+)*"),
            # Needs a digit, as versions have: `latest` and `stable` may be other images tomorrow.
            "tag": text("(([A-Za-z_][A-Za-z_.-]*)?[0-9][A-Za-z0-9_.-]*)?", maxLength=128),
            "digest": text("(sha256:[0-9a-f]{64})?"),
            "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
            "pullSecrets": _many(record({"name": text(_SUBDOMAIN, maxLength=253)})),
        }
    ),
    "secretName": text(f"({_SUBDOMAIN})?", maxLength=253),
    "vault": record(
        {
            "enabled": {"type": "boolean"},
            "role": {"type": "string", "minLength": 1},
            "path": text("[A-Za-z0-9_.@:/-]+"),
        }
    ),
    "resources": record({"requests": reference("amounts"), "limits": reference("amounts")}),
    "amounts": _AMOUNTS,
    "namespace": text("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"),
    "labels": _labels(),
    "schedule": text(_schedule()),
    "monitoring": record(
        {
            "enabled": {"type": "boolean"},
            "labels": _labels([*(f"app.kubernetes.io/{name}" for name in _SET_BY_CHARTS), "helm.sh/chart"]),
            "interval": text("[0-9]+(ms|s|m)"),
        }
    ),
    "selector": record(
        {"matchLabels": reference("labels"), "matchExpressions": _many(_EXPRESSION)}, "matchLabels", "matchExpressions"
    ),
    "peer": {
        "oneOf": [
            record({"ipBlock": reference("addresses")}),
            {
                **record(
                    {"namespaceSelector": reference("selector"), "podSelector": reference("selector")},
                    "namespaceSelector",
                    "podSelector",
                ),
                "minProperties": 1,
            },
        ]
    },
    "addresses": record(
        {"cidr": text("[0-9a-fA-F.:]+/[0-9]{1,3}"), "except": _many(text("[0-9a-fA-F.:]+/[0-9]{1,3}"))}, "except"
    ),
    "egress": {
        "type": "object",
        "additionalProperties": record({"to": _many(reference("peer"), 1), "ports": _many(whole(1, 65535), 1)}),
    },
    "toleration": record(
        {
            "key": text(f"({_SUBDOMAIN}/)?{_LABEL}"),
            "operator": {"enum": ["Exists", "Equal"]},
            "value": _LABEL_VALUE,
            "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
            "tolerationSeconds": whole(0, 999_999),
        },
        "key",
        "operator",
        "value",
        "effect",
        "tolerationSeconds",
    ),
}
