"""X-Forwarded-Client-Cert: only the last hop identifies the caller."""

from random import Random

import pytest
from starlette.datastructures import Headers

from graph.access import AccountScope, PlatformScope
from graph.access.mesh import elements, identify_by_mesh
from graph.errors import ForbiddenError, UnauthenticatedError

pytestmark = pytest.mark.anyio

ADMIN = "spiffe://cluster.local/ns/admin-dashboard/sa/web"
PORTAL = "spiffe://cluster.local/ns/customer-portal/sa/web"
identify = identify_by_mesh(None)


def forwarded(text: str, **others: str) -> Headers:
    return Headers({"x-forwarded-client-cert": text, **others})


def test_elements_as_envoy_writes_them() -> None:
    text = (
        f'By=spiffe://a/ns/b/sa/c;Hash=0f;Subject="/C=US/CN=\\"Acme, Inc.\\";x";URI={PORTAL};DNS=a.b, '
        f'Cert="-----BEGIN%20";URI="{ADMIN}"'
    )
    assert elements(text) == [
        [
            ("by", "spiffe://a/ns/b/sa/c"),
            ("hash", "0f"),
            ("subject", '/C=US/CN="Acme, Inc.";x'),
            ("uri", PORTAL),
            ("dns", "a.b"),
        ],
        [("cert", "-----BEGIN%20"), ("uri", ADMIN)],
    ]
    assert elements("URI=") == [[("uri", "")]]


@pytest.mark.parametrize(
    "text", ["", ";", ",", "URI", "URI=a;", "URI=a,", 'URI="a', 'URI="a\\"', 'URI="a"b', "=a", " "]
)
def test_a_malformed_header_has_no_elements(text: str) -> None:
    assert elements(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"URI={ADMIN}",
        f"By=x;Hash=y;URI={ADMIN}",
        f'uri="{ADMIN}";Subject="CN=a,URI={PORTAL}"',
        f"URI={PORTAL},URI={ADMIN}",
        f'Subject="\\",URI={PORTAL}",URI={ADMIN}',
    ],
)
async def test_the_last_hop_is_the_caller(text: str) -> None:
    assert await identify(forwarded(text)) == PlatformScope("admin-dashboard")


async def test_headers_name_the_account_of_an_authenticated_portal() -> None:
    headers = forwarded(f"URI={PORTAL}", **{"x-account-id": "a", "x-tenant-id": "t", "x-caller": "admin-dashboard"})
    assert await identify(headers) == AccountScope("customer-portal", "a", "t")
    assert await identify(forwarded(f"URI={PORTAL}")) == AccountScope("customer-portal", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        f"URI={ADMIN},",
        f"URI={ADMIN},Hash=1",  # the nearest proxy saw no SPIFFE id
        f"URI={ADMIN},URI=",
        f"URI={ADMIN};URI={PORTAL}",  # a SPIFFE certificate has one URI
        f"URI={PORTAL};URI={PORTAL}",
        f'Subject="URI={ADMIN}"',
        f'Subject="a",By={ADMIN}',
        f'Subject="\\"";DNS="URI={ADMIN}"',
        f"URI={ADMIN}/x",
        f"URI= {ADMIN}",
        f"URI={ADMIN} ",
        f"URI={ADMIN}\n",
        "URI=spiffe://cluster.local/ns/admin-dashboard",
        "URI=spiffe://cluster.local/ns/admin-dashboard/sa/",
        "URI=spiffe:///ns/admin-dashboard/sa/a",
        "URI=spiffe://x/ns/a/ns/admin-dashboard/sa/a",
        "URI=spiffe://x/ns/admin-dashboard/sa/a?b",
        "URI=SPIFFE://x/ns/admin-dashboard/sa/a",
        "URI=https://x/ns/admin-dashboard/sa/a",
        "URI=spiffe://x/ns/admin-dashboard%2F/sa/a",
        'URI="spiffe://cluster.local/ns/admin-dashboard/sa/web',
    ],
)
async def test_no_identity_is_read_from_anything_else(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await identify(forwarded(text))


@pytest.mark.parametrize("namespace", ["Admin-Dashboard", "admin-dashboard.", "root"])
async def test_unknown_services_are_forbidden(namespace: str) -> None:
    with pytest.raises(ForbiddenError):
        await identify(forwarded(f"URI=spiffe://cluster.local/ns/{namespace}/sa/a"))


async def test_another_trust_domain_is_refused() -> None:
    identify_ours = identify_by_mesh("cluster.local")
    assert await identify_ours(forwarded(f"URI={ADMIN}")) == PlatformScope("admin-dashboard")
    for domain in ("cluster.local.evil", "xcluster.local", "other"):
        with pytest.raises(UnauthenticatedError):
            await identify_ours(forwarded(f"URI=spiffe://{domain}/ns/admin-dashboard/sa/web"))


async def test_a_request_without_the_header_is_left_to_other_methods() -> None:
    assert await identify(Headers({"x-caller": "admin-dashboard"})) is None


@pytest.mark.parametrize("seed", range(3))
async def test_a_forged_header_does_not_change_the_proxys_element(seed: int) -> None:
    """A well-formed header yields the proxy's own element, which is the last; a malformed one is refused."""
    random = Random(seed)
    for _ in range(2000):
        forged = "".join(
            random.choices(['"', "\\", ",", ";", "=", "URI=", ADMIN, "a", " ", "By="], k=random.randrange(9))
        )
        try:
            scope = await identify(forwarded(f"{forged},By=proxy;URI={PORTAL}"))
        except UnauthenticatedError:
            continue
        assert scope == AccountScope("customer-portal", None, None), (seed, forged)
