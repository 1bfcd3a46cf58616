"""The counts of a run, and its alarm."""

from pipelines.tlog.checkpoints import Signed
from pipelines.tlog.nodes import summarise
from pipelines.tlog.publishing import Published

PERIODS = {"periods": 2, "facts": 30}


def test_a_good_run_has_no_alarm() -> None:
    counts, alarm = summarise(PERIODS, {"access": 3, "link": 1}, Signed(17, ""), Published(2, 2))
    assert counts == {"periods": 2, "facts": 30, "rows": 4, "size": 17, "witnesses": 2}
    assert alarm == ""


def test_a_changed_log_is_an_alarm() -> None:
    _, alarm = summarise(
        PERIODS, {}, Signed(17, "the log does not begin with its checkpoint of size 17"), Published(2, 2)
    )
    assert alarm == (
        "No checkpoint was signed: the log does not begin with its checkpoint of size 17; see `anlyt audit verify`."
    )


def test_too_few_witnesses_are_an_alarm() -> None:
    _, alarm = summarise(PERIODS, {}, Signed(17, ""), Published(1, 2))
    assert alarm == (
        "The checkpoint of size 17 is not published: 1 witnesses have signed it, and 2 are needed; the log says why."
    )
