"""Settings: all names, all defaults, and refusals."""

from pathlib import Path

import pytest

from infra.errors import UsageError
from infra.settings import SPECS, read_settings, variable


def test_defaults() -> None:
    settings = read_settings({})
    assert settings.home == Path(".anlyt")
    assert (settings.api_host, settings.api_port, settings.metrics_port) == ("127.0.0.1", 3030, 9464)
    assert (settings.auth, settings.reporting_currency, settings.trust_network) == (("headers",), "USD", False)
    assert settings.nats_url is None


def test_other_names_of_the_environment_do_not_matter() -> None:
    assert read_settings({"PATH": "/bin", "HOME": "/"}) == read_settings({})


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="ANLYT_APIPORT is not a setting"):
        read_settings({"ANLYT_APIPORT": "1"})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("api_port", "65536", "ANLYT_API_PORT must be a port"),
        ("api_port", "-1", "ANLYT_API_PORT must be a port"),
        ("auth", "headers,magic", "ANLYT_AUTH must be one of headers, mesh, jwt"),
        ("reporting_currency", "usd", "three capital letters"),
        ("nats_url", "http://here", "nats://"),
        ("postgres_dsn", "mysql://here", "postgresql://"),
        ("jwks", "https://[here", "https://"),
        ("log_format", "xml", "one of json, text"),
        ("trust_network", "yes", "one of 0, 1"),
        ("clickhouse_cluster", "a b", "a cluster's name"),
    ],
)
def test_a_wrong_value_names_the_setting_and_what_is_allowed(name: str, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_settings({variable(name): text})


@pytest.mark.parametrize("name", SPECS)
def test_an_empty_value_is_the_default(name: str) -> None:
    assert read_settings({variable(name): "", f"{variable(name)}_FILE": ""}) == read_settings({})


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text("postgresql://anlyt:secret@db/anlyt\n")
    assert read_settings({"ANLYT_POSTGRES_DSN_FILE": str(file)}).postgres_dsn == "postgresql://anlyt:secret@db/anlyt"


@pytest.mark.parametrize(
    ("name", "scheme"), [("nats_url", "nats"), ("postgres_dsn", "postgresql"), ("clickhouse_dsn", "http")]
)
def test_a_wrong_url_is_reported_without_its_password(name: str, scheme: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_settings({variable(name): f"{scheme}://anlyt:xyz/zy@here:1/anlyt"})
    assert str(refused.value).startswith(f"{variable(name)} must be a URL that begins with ")
    assert "xyz" not in str(refused.value)


@pytest.mark.parametrize("dsn", ["postgresql://anlyt@a,b:5433/anlyt", "postgresql:///anlyt?host=a,b"])
def test_a_dsn_may_name_several_hosts(dsn: str) -> None:
    assert read_settings({"ANLYT_POSTGRES_DSN": dsn}).postgres_dsn == dsn


def test_the_path_of_a_certificate_has_two_names(tmp_path: Path) -> None:
    assert read_settings({"ANLYT_TLS_KEY_FILE": "key.pem"}).tls_key == "key.pem"
    assert read_settings({"ANLYT_TLS_KEY": "key.pem"}).tls_key == "key.pem"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ANLYT_S3_SECRET_KEY_FILE"):
        read_settings({"ANLYT_S3_SECRET_KEY_FILE": str(tmp_path / "nothing")})


def test_a_value_and_a_file_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both set"):
        read_settings({"ANLYT_JWKS": "a", "ANLYT_JWKS_FILE": str(tmp_path)})


def test_headers_are_believed_on_loopback_only() -> None:
    with pytest.raises(UsageError, match="ANLYT_TRUST_NETWORK=1"):
        read_settings({"ANLYT_API_HOST": "0.0.0.0"})
    assert read_settings({"ANLYT_API_HOST": "0.0.0.0", "ANLYT_TRUST_NETWORK": "1"}).trust_network
    assert read_settings({"ANLYT_API_HOST": "::1"}).api_host == "::1"
