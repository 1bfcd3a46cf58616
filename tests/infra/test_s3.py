"""The address and keys of S3, from settings and `endpoints.json`."""

import pytest

from infra.errors import UsageError
from infra.s3 import S3, from_dsn, from_settings
from infra.settings import read_settings

GIVEN = {
    "ANLYT_S3_ENDPOINT": "https://s3.example:9000/",
    "ANLYT_S3_BUCKET": "audit",
    "ANLYT_S3_ACCESS_KEY": "key/+",
    "ANLYT_S3_SECRET_KEY": "sec:ret@",
}


def test_settings_are_whole_or_absent() -> None:
    assert from_settings(read_settings({})) is None
    s3 = from_settings(read_settings({**GIVEN, "ANLYT_S3_REGION": "eu-central-1"}))
    assert s3 == S3("https://s3.example:9000", "audit", "key/+", "sec:ret@", "eu-central-1")
    assert s3.url == "https://s3.example:9000/audit/"
    for name in GIVEN:
        with pytest.raises(UsageError, match=f"^{name} is not set; S3 needs "):
            from_settings(read_settings({key: value for key, value in GIVEN.items() if key != name}))


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_dsn_holds_all_of_it(region: str) -> None:
    s3 = from_settings(read_settings({**GIVEN, "ANLYT_S3_REGION": region}))
    assert s3 is not None
    assert from_dsn(s3.dsn) == s3
    assert "sec:ret@" not in repr(s3)
