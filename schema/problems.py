"""What can be wrong with an event, and the sentences that say so."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Struct

from schema.values import means

Reason = Literal["not_json", "missing_field", "invalid_field", "unsupported_version", "absurd_time"]

SENTENCES: Final = 3  # of an event's problems, in the message of a BadEventError


class Problem(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One thing that is wrong with an event. No text of it quotes a value that the field may not have.

    `reason` is a metric label, too.
    """

    path: Annotated[str, means("Where, as a JSON path; `$` is the whole message.", "$.currency", "X-Tenant-Id")]
    reason: Annotated[Reason, means("The kind of problem.", "invalid_field")]
    sentence: Annotated[
        str, means("What is wrong, for people.", "currency must be three capital letters (ISO 4217), such as USD.")
    ]
    hint: Annotated[str | None, means("The nearest right value or name, if there is one.", 'Did you mean "USD"?')] = (
        None
    )


class BadEventError(Exception):
    """An event cannot be counted. `problems` has everything that is wrong with it; there is at least one.

    `reason` is that of the first problem. The message has the sentences of the first few.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(summary(problems))
        self.problems = tuple(problems)
        self.reason: Reason = problems[0].reason


def summary(problems: Sequence[Problem]) -> str:
    """The sentences of the first problems, and the number of the others."""
    told = " ".join(problem.sentence for problem in problems[:SENTENCES])
    more = len(problems) - SENTENCES
    return told if more <= 0 else f"{told} {more} more {'problem' if more == 1 else 'problems'}."
