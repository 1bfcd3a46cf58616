"""S3: its address and keys, and the async client."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from infra.errors import UsageError
from infra.secret_files import current
from infra.settings import Settings, variable

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3Store

# Seconds: for one attempt unless callers say otherwise, and for all attempts of a request together.
REQUEST_TIMEOUT, RETRY_TIMEOUT = 10, 20
REGION: Final = "us-east-1"  # S3 servers other than AWS ignore the region
REQUIRED: Final = ("s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")


@dataclass(frozen=True, slots=True)
class S3:
    """A bucket, addressed by path, and its keys."""

    endpoint: str  # without a slash at its end
    bucket: str
    access_key: str
    secret_key: str
    region: str = REGION

    def __repr__(self) -> str:
        return f"<S3 {self.url}>"

    @property
    def url(self) -> str:
        """The bucket's URL; it ends with a slash."""
        return f"{self.endpoint}/{self.bucket}/"

    @property
    def dsn(self) -> str:
        """All fields in one URL, for `endpoints.json`: http://key:secret@host:port/bucket?region=name."""
        scheme, _, rest = self.endpoint.partition("://")
        keys = ":".join(quote(key, safe="") for key in (self.access_key, self.secret_key))
        return f"{scheme}://{keys}@{rest}/{self.bucket}?region={quote(self.region, safe='')}"


def from_dsn(dsn: str) -> S3:
    """The inverse of `S3.dsn`; the region may be missing."""
    url = urlsplit(dsn)
    endpoint = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    region = dict(parse_qsl(url.query)).get("region", REGION)
    return S3(endpoint, url.path.strip("/"), unquote(url.username or ""), unquote(url.password or ""), region)


def from_settings(settings: Settings) -> S3 | None:
    """The configured bucket; None if no S3 setting is set. Raises UsageError if some of them are missing."""
    values = {name: getattr(settings, name) for name in REQUIRED}
    if not any(values.values()):
        return None
    missing = [variable(name) for name, value in values.items() if value is None]
    if missing:
        raise UsageError(f"{missing[0]} is not set; S3 needs {', '.join(map(variable, REQUIRED))}.")
    endpoint, bucket, access_key, secret_key = values.values()
    return S3(endpoint.rstrip("/"), bucket, access_key, secret_key, settings.s3_region)


def open_store(s3: S3, request_timeout: int = REQUEST_TIMEOUT) -> "S3Store":
    """A client of the bucket. It connects on first use. `request_timeout`: seconds for one attempt.

    If the keys' files are replaced, the next request uses the new keys.
    """
    from obstore.store import S3Store  # imported here, because most processes have no S3

    def keys() -> "S3Credential":
        access_key, secret_key = current(s3.access_key), current(s3.secret_key)
        return {"access_key_id": access_key, "secret_access_key": secret_key, "expires_at": datetime.now(UTC)}

    return S3Store(
        s3.bucket,
        endpoint=s3.endpoint,
        credential_provider=keys,
        region=s3.region,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, "timeout": f"{request_timeout}s", "connect_timeout": "2s"},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=RETRY_TIMEOUT)},
    )
