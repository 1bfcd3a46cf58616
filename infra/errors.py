"""The error hierarchy: what a user can mend, what an engine's absence means, and what a wrong setting does."""

from typing import ClassVar


class AnlytError(Exception):
    """A failure told in one sentence; `code` is what REST and GraphQL answer, `exit_status` the CLI."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1


class UsageError(AnlytError):
    """A setting or argument that the operator has to correct."""

    code = "INVALID_USAGE"
    status = 400
    exit_status = 2


class FolderInUseError(AnlytError):
    """An engine's folder belongs to a running process."""


class EngineFailedError(AnlytError):
    """An embedded engine did not start; the sentence carries the end of its log."""


class DependencyUnavailableError(AnlytError):
    """NATS, PostgreSQL or ClickHouse does not answer; the caller should come back later."""

    code = "DEPENDENCY_UNAVAILABLE"
    status = 503


class RefusedError(DependencyUnavailableError):
    """An engine answers, and says why it does not work for us now: in its own words, which are for operators only."""


class MisconfiguredError(DependencyUnavailableError):
    """An engine refuses what a setting says, or lacks what it needs: it is no outage, and waiting does not help.

    The sentence is for operators. Callers of the API may know `setting` and `problem`, and no more.
    """

    def __init__(self, setting: str, problem: str, reason: str, advice: str) -> None:
        told = f" ({reason})" if reason else ""
        super().__init__(f"{setting}: {problem}{told}. {advice}")
        self.setting, self.problem, self.parts = setting, problem, (problem, reason, advice)
