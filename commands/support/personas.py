"""Whom a person at a browser may choose to be in `anlyt dev`."""

from collections.abc import Sequence
from typing import Final

from graph.web.personas import Persona
from infra.settings import Settings

# Tenants of the demo, each with one account; the last one is billed in AFN.
TENANTS: Final = (("tenant-001", "acc-0001"), ("tenant-002", "acc-0002"), ("tenant-005", "acc-0005"))


def personas(settings: Settings) -> Sequence[Persona]:
    """The personas on offer; none if callers are not identified by headers, which personas are made of."""
    if "headers" not in settings.auth:
        return ()
    return (
        Persona("admin", "Administration", {"X-Caller": "admin-dashboard"}),
        Persona("finance", "Finance", {"X-Caller": "finance-dashboard"}),
        *(_tenant(tenant, account) for tenant, account in TENANTS),
    )


def _tenant(tenant: str, account: str) -> Persona:
    headers = {"X-Caller": "customer-portal", "X-Tenant-Id": tenant, "X-Account-Id": account}
    return Persona(tenant, f"Customer {tenant}", headers)
