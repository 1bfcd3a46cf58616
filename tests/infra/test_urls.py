"""URLs that the engines' clients parse as meant are accepted; URLs that they would misread are refused."""

import pytest

from infra.urls import in_url, is_url, one_per_host, without_secrets

SCHEMES = ("nats", "postgresql", "http")


@pytest.mark.parametrize(
    "text",
    [
        "nats://here",
        "nats://user:pass%2Fword@here:4222",
        "http://[::1]:8123/anlyt?compress=1",
        "http://user:p,:w@127.0.0.1:65535/anlyt",
        "postgresql://user@a,b:5433/anlyt",
        "postgresql:///anlyt?host=a,b&password=%40",
        "postgresql://%2Frun%2Fpostgresql/anlyt",
    ],
)
def test_urls(text: str) -> None:
    assert is_url(text, SCHEMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "here:4222",
        "redis://here",
        "nats://here:port",
        "nats://here:0",
        "nats://here:65536",
        "nats://here:²",
        "nats://::1:4222",
        "nats://user:pass/word@here:4222",
        "nats://user:12/3@here:4222",
        "nats://user:12#3@here:4222",
        "postgresql://user@a,b:x/anlyt",
        "http://[::1/anlyt",
        "http://[here]:8123/anlyt",
    ],
)
def test_what_would_be_misunderstood(text: str) -> None:
    assert not is_url(text, SCHEMES)


@pytest.mark.parametrize(
    ("urls", "printed"),
    [
        ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
        ("nats://user:p%40ss@a:4222,tls://token@b", "nats://a:4222,tls://b"),
        ("http://default:@127.0.0.1:8123/anlyt", "http://127.0.0.1:8123/anlyt"),
        (
            "postgresql://u:p@a,b:5433/anlyt?target_session_attrs=primary",
            "postgresql://a,b:5433/anlyt?target_session_attrs=primary",
        ),
        ("postgresql:///anlyt?password=p@ss&host=a", "postgresql:///anlyt?password=***&host=a"),
    ],
)
def test_urls_are_printed_without_secrets(urls: str, printed: str) -> None:
    assert without_secrets(urls) == printed


def test_an_ipv6_address_is_in_brackets() -> None:
    assert [in_url(host) for host in ("::1", "127.0.0.1", "localhost")] == ["[::1]", "127.0.0.1", "localhost"]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("postgresql://u:p@a,b:5/d?x=1", ["postgresql://u:p@a/d?x=1", "postgresql://u:p@b:5/d?x=1"]),
        ("postgresql://[::1]:5,c/d", ["postgresql://[::1]:5/d", "postgresql://c/d"]),
        ("postgresql:///d?host=a,b", ["postgresql:///d?host=a,b"]),
    ],
)
def test_one_per_host(text: str, urls: list[str]) -> None:
    assert one_per_host(text) == urls
