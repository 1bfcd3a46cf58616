"""Object lock of S3: objects that nobody can delete or change before a time (mode COMPLIANCE).

A bucket has object lock from its creation on. It then keeps versions: a plain delete hides an object behind a delete
marker, and the locked version stays until its time.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import md5
from typing import Final

import aiohttp

from infra.errors import DependencyUnavailableError, MisconfiguredError
from infra.s3 import S3
from infra.s3_requests import Answer, send

SETTING: Final = "ANLYT_EXPORT_LOCK"
MODE: Final = "COMPLIANCE"
RETENTION: Final = (
    '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    f"<Mode>{MODE}</Mode><RetainUntilDate>{{end}}</RetainUntilDate></Retention>"
)
ADVICE: Final = "Create a bucket with object lock, which no existing bucket can get, or set ANLYT_EXPORT_LOCK=0."


async def check_lock(s3: S3) -> None:
    """Raises MisconfiguredError if the bucket has no object lock; DependencyUnavailableError."""
    async with _as_unavailable():
        answer = await send(s3, "GET", query="object-lock")
    if answer.status == 200 and "<ObjectLockEnabled>Enabled<" in answer.text:
        return
    if answer.status in (200, 404):
        raise MisconfiguredError(SETTING, "the bucket has no object lock", _code(answer), ADVICE)
    raise _error(answer)


async def lock(s3: S3, key: str, until: datetime) -> None:
    """Locks the newest version of an object until a time, or leaves it locked until a later one.

    Raises MisconfiguredError if S3 refuses it; DependencyUnavailableError.
    """
    end = f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    body = RETENTION.format(end=end).encode()
    digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()  # S3 requires it
    async with _as_unavailable():
        answer = await send(s3, "PUT", key, "retention", headers={"content-md5": digest}, body=body)
        if answer.status == 200:
            return
        locked = await send(s3, "GET", key, "retention")
    if (locked_until := _locked_until(locked)) is None or locked_until < datetime.fromisoformat(end):
        raise _error(answer)


def _locked_until(answer: Answer) -> datetime | None:
    """The time until which an object is locked in the mode COMPLIANCE; None without a lock."""
    time = re.search(r"<RetainUntilDate>([^<]+)<", answer.text)
    return datetime.fromisoformat(time[1]) if time and f"<Mode>{MODE}<" in answer.text else None


def _error(answer: Answer) -> DependencyUnavailableError:
    if answer.status >= 500:
        return DependencyUnavailableError(f"S3 does not lock objects ({answer.status}).")
    advice = (
        "Give the key the rights s3:PutObjectRetention, s3:GetObjectRetention and s3:GetBucketObjectLockConfiguration."
    )
    return MisconfiguredError(SETTING, "S3 refuses to lock objects", _code(answer), advice)


def _code(answer: Answer) -> str:
    """The code of an error, such as AccessDenied; S3's text may contain keys."""
    code = re.search(r"<Code>(\w+)<", answer.text)
    return code[1] if code else str(answer.status)


@asynccontextmanager
async def _as_unavailable() -> AsyncIterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise DependencyUnavailableError("S3 does not answer.") from error
