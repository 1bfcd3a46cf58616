import pytest

from infra.frames import Frame
from ingest.messages import is_newest, sequence, stored_at

TIMES = b"1.42.7.1790000000123456789.3"


@pytest.mark.parametrize(
    "reply",
    [
        b"$JS.ACK.SMS_DLR.anlyt-dlr-consumer." + TIMES,
        b"$JS.ACK.a-domain.accounthash.SMS_DLR.anlyt-dlr-consumer." + TIMES + b".random",
        b"$JS.ACK._.accounthash.SMS_DLR.anlyt-dlr-consumer." + TIMES + b".random",
    ],
)
def test_both_forms_of_the_reply_subject_are_read(reply: bytes) -> None:
    message = Frame(b"sms.dlr.inbound", reply, b"", b"")
    assert (sequence(message), stored_at(message)) == (42, 1_790_000_000_123_456)


@pytest.mark.parametrize(
    ("delivered", "pending", "newest"), [(1, 0, True), (1, 10, False), (2, 0, False), (10, 0, False)]
)
@pytest.mark.parametrize("form", [b"$JS.ACK.S.c.%b", b"$JS.ACK.domain.account.S.c.%b.random"])
def test_a_redelivered_message_is_never_the_newest(form: bytes, delivered: int, pending: int, newest: bool) -> None:
    reply = form % (b"%d.42.7.1790000000123456789.%d" % (delivered, pending))
    assert is_newest(Frame(b"sms.dlr.inbound", reply, b"", b"")) is newest
