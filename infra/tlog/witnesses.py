"""The witnesses of the transparency log, as the setting names them."""

from collections.abc import Sequence
from typing import NamedTuple

from infra.urls import is_url
from schema.tlog.notes import COSIGNATURE, VerifierKey, parse_key


class Witness(NamedTuple):
    """A witness's key, and the address below which it has `/add-checkpoint`."""

    key: VerifierKey
    url: str


def parse_witnesses(text: str) -> Sequence[Witness]:
    """The witnesses of a setting: NAME+ID+KEY@URL, separated by commas. Raises ValueError with what is expected."""
    witnesses = [_witness(part.strip()) for part in text.split(",")]
    if len({witness.key for witness in witnesses}) != len(witnesses):
        raise ValueError("a list without a witness that is named twice")
    return witnesses


def _witness(text: str) -> Witness:
    encoded, _, url = text.rpartition("@")
    try:
        key = parse_key(encoded)
    except ValueError as error:
        raise ValueError(f"NAME+ID+KEY@URL, separated by commas; {error}") from None
    if key.algorithm != COSIGNATURE:
        raise ValueError(f"a list of keys for cosignatures, which {key.name} is not; `anlyt witness` prints such a key")
    if not is_url(url, ("http", "https")):
        raise ValueError(f"NAME+ID+KEY@URL, separated by commas; {url!r} is no http or https URL")
    return Witness(key, url.rstrip("/"))
