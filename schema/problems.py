"""What can be wrong with an event, and the sentences that say so."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Struct

from schema.values import means

Reason = Literal["not_json", "missing_field", "invalid_field", "unsupported_version", "absurd_time"]


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

    `reason` and the message are those of the first problem.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].sentence)
        self.problems = tuple(problems)
        self.reason: Reason = problems[0].reason
