"""X-Forwarded-Client-Cert: the last hop, and nothing else."""

from random import Random

import pytest
from starlette.datastructures import Headers

from graph.access import AccountScope, PlatformScope
from graph.access.mesh import by_mesh, elements
from graph.errors import ForbiddenError, UnauthenticatedError

pytestmark = pytest.mark.anyio

ADMIN = "spiffe://cluster.local/ns/admin-dashboard/sa/web"
PORTAL = "spiffe://cluster.local/ns/customer-portal/sa/web"
way = by_mesh(None)


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
def test_what_cannot_be_read_to_its_end_has_no_elements(text: str) -> None:
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
async def test_the_last_hop_is_who_calls(text: str) -> None:
    assert await way(forwarded(text)) == PlatformScope("admin-dashboard")


async def test_on_whose_behalf_an_authenticated_portal_says() -> None:
    headers = forwarded(f"URI={PORTAL}", **{"x-account-id": "a", "x-tenant-id": "t", "x-caller": "admin-dashboard"})
    assert await way(headers) == AccountScope("customer-portal", "a", "t")
    assert await way(forwarded(f"URI={PORTAL}")) == AccountScope("customer-portal", None, None)


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
        await way(forwarded(text))


@pytest.mark.parametrize("namespace", ["Admin-Dashboard", "admin-dashboard.", "root"])
async def test_services_that_are_not_known_see_nothing(namespace: str) -> None:
    with pytest.raises(ForbiddenError):
        await way(forwarded(f"URI=spiffe://cluster.local/ns/{namespace}/sa/a"))


async def test_another_trust_domain_is_not_believed() -> None:
    ours = by_mesh("cluster.local")
    assert await ours(forwarded(f"URI={ADMIN}")) == PlatformScope("admin-dashboard")
    for domain in ("cluster.local.evil", "xcluster.local", "other"):
        with pytest.raises(UnauthenticatedError):
            await ours(forwarded(f"URI=spiffe://{domain}/ns/admin-dashboard/sa/web"))


async def test_a_request_without_the_header_is_another_ways_business() -> None:
    assert await way(Headers({"x-caller": "admin-dashboard"})) is None


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_a_client_writes_the_proxys_word_is_last(seed: int) -> None:
    """A proxy that appends its own element is heard whenever the whole can be read; else nobody is."""
    random = Random(seed)
    for _ in range(2000):
        forged = "".join(
            random.choices(['"', "\\", ",", ";", "=", "URI=", ADMIN, "a", " ", "By="], k=random.randrange(9))
        )
        try:
            scope = await way(forwarded(f"{forged},By=proxy;URI={PORTAL}"))
        except UnauthenticatedError:
            continue
        assert scope == AccountScope("customer-portal", None, None), (seed, forged)
