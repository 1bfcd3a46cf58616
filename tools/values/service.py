"""The schema of the service's values. The names of settings, functions and pipelines come from the code."""

from collections.abc import Mapping
from typing import Any, Final

from functions import FUNCTIONS
from infra.settings import SPECS, variable
from pipelines.pipeline_registry import DEFINITIONS as PIPELINES
from tools.values.kubernetes import DEFINITIONS, Schema, record, reference, text, whole

SET_BY_CHART: Final = frozenset({"home", "api_host", "api_port", "audit_host", "audit_port", "metrics_port"})
"""Settings that the chart sets, so that values must not."""


def schema() -> Mapping[str, Any]:
    """The content of values.schema.json."""
    # Helm adds `global` to the values.
    values = record({"global": {"type": "object"}, **_VALUES}, "global", "nodeSelector", "tolerations")
    about = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart anlyt"}
    return {**about, **values, "definitions": {**DEFINITIONS, **_definitions()}}


def _definitions() -> Mapping[str, Schema]:
    settings = {variable(name): spec for name, spec in SPECS.items() if name not in SET_BY_CHART}
    described = {name: {"type": "string", "description": spec.meaning} for name, spec in settings.items()}
    keys = dict.fromkeys(settings, reference("key"))
    return {
        "settings": record(described, *described),
        "secrets": record(keys, *keys),
        # A Secret's key becomes a file name and a part of the names of Vault's annotations.
        "key": text("[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?"),
        "replicas": whole(1, 100),
        "scale": record(_SCALE, *_SCALE),
        "caller": record({"namespace": reference("namespace"), "podLabels": reference("labels")}, "podLabels"),
    }


_ENABLED: Final = {"type": "boolean"}
_RESOURCES: Final = reference("resources")
_REPLICAS: Final = reference("replicas")
_SETTINGS: Final = reference("settings")
_CALLER: Final = reference("caller")
_SCALE: Final = {"minReplicas": whole(0, 100), "maxReplicas": _REPLICAS, "lag": whole(1, 1_000_000_000)}
_AUTOSCALING: Final = {
    "enabled": _ENABLED,
    "minReplicas": _REPLICAS,
    "maxReplicas": _REPLICAS,
    "cpuPercent": whole(10, 100),
}
_KEDA: Final = {
    "enabled": _ENABLED,
    "monitoring": text("[A-Za-z0-9.-]+:[0-9]+"),
    "account": {"type": "string", "minLength": 1},
    "useHttps": _ENABLED,
    "pollingSeconds": whole(1, 3600),
    "cooldownSeconds": whole(0, 86_400),
}
_FUNCTIONS: Final = {function.name: reference("scale") for function in FUNCTIONS}
_SCHEDULES: Final = dict.fromkeys(PIPELINES, reference("schedule"))
_RETRIES: Final = dict.fromkeys(PIPELINES, whole(0, 10))
_CALLERS: Final = {
    "adminDashboard": _CALLER,
    "customerPortal": _CALLER,
    "financeDashboard": {"oneOf": [_CALLER, {"type": "null"}]},
    "regulatorPortal": _CALLER,
    "prometheus": _CALLER,
}
_VALUES: Final[Mapping[str, Schema]] = {
    "image": reference("image"),
    "settings": _SETTINGS,
    "secrets": record(
        {
            "existingSecret": reference("secretName"),
            "vault": reference("vault"),
            **dict.fromkeys(("all", "workers", "api", "audit"), reference("secrets")),
        },
        "existingSecret",
    ),
    "api": record(
        {"settings": _SETTINGS, "resources": _RESOURCES, "replicas": _REPLICAS, "autoscaling": record(_AUTOSCALING)}
    ),
    "audit": record({"settings": _SETTINGS, "enabled": _ENABLED, "replicas": _REPLICAS, "resources": _RESOURCES}),
    "ingest": record(
        {
            "resources": _RESOURCES,
            "replicas": _REPLICAS,
            "keda": record(_KEDA),
            "scale": record(_SCALE),
            "functions": record(_FUNCTIONS, *_FUNCTIONS),
        }
    ),
    "pipelines": record(
        {
            "resources": _RESOURCES,
            "resident": {"type": "array", "uniqueItems": True, "minItems": 1, "items": {"enum": list(PIPELINES)}},
            "cron": record(_SCHEDULES, *_SCHEDULES),
            "retries": record(_RETRIES, *_RETRIES),
        }
    ),
    "migrate": record({"enabled": _ENABLED, "resources": _RESOURCES}),
    "mesh": {"enum": ["istio", "none"]},
    "network": record(
        {"enabled": _ENABLED, "callers": record(_CALLERS, "financeDashboard"), "egress": reference("egress")}
    ),
    "monitoring": reference("monitoring"),
    "nodeSelector": reference("labels"),
    "tolerations": {"type": "array", "items": reference("toleration")},
}
