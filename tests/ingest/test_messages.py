import pytest

from infra.frames import Frame
from ingest.messages import sequence, stored_at

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
