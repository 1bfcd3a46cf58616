"""The keys that sign checkpoints, from a setting."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.errors import UsageError
from infra.settings import read_settings
from infra.tlog.keys import read_signers
from pipelines.stores import log_identity
from schema.tlog.notes import Signer

ONE, TWO = (Ed25519PrivateKey.from_private_bytes(number * 32) for number in (b"1", b"2"))
WITNESS = Signer("one.example", ONE).witness.text


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_each_key_of_the_setting_signs() -> None:
    found = log_identity(read_settings({"ANLYT_TLOG_SIGNING_KEY": pem(ONE) + "\n" + pem(TWO)}))
    assert [signer.verifier for signer in found.signers] == [
        Signer("localhost/anlyt", key).verifier for key in (ONE, TWO)
    ]


@pytest.mark.parametrize(
    "text", ["", "secret", pem(ONE).replace("M", "!"), pem(ec.generate_private_key(ec.SECP256R1()))]
)
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="ANLYT_X must be one or several Ed25519 private keys in PEM"):
        read_signers("log", text, "ANLYT_X")


def test_all_witnesses_are_needed_unless_a_setting_says_less() -> None:
    witnesses = {"ANLYT_WITNESSES": f"{WITNESS}@http://127.0.0.1:1/a/"}
    found = log_identity(read_settings(witnesses))
    assert (found.witnesses[0].url, found.needed) == ("http://127.0.0.1:1/a", 1)
    assert log_identity(read_settings({**witnesses, "ANLYT_WITNESSES_NEEDED": "0"})).needed == 0
    assert log_identity(read_settings({})).needed == 0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ANLYT_WITNESSES_NEEDED": "1"}, "more than the 0 witnesses in ANLYT_WITNESSES"),
        ({"ANLYT_WITNESSES": WITNESS}, "ANLYT_WITNESSES must be NAME.ID.KEY@URL"),
        ({"ANLYT_WITNESSES": f"{WITNESS}@http://a,{WITNESS}@http://b"}, "a witness that is named twice"),
        ({"ANLYT_TLOG_ORIGIN": "a b"}, "ANLYT_TLOG_ORIGIN must be a name without spaces"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_settings(settings)
