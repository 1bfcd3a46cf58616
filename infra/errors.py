"""The errors of the product: one tree, and who catches what.

    Exception
        AnlytError                          one sentence, a code (REST, GraphQL), an exit status (commands)
            UsageError                      a setting or argument that the operator has to correct
            FolderInUseError
            EngineFailedError               an embedded engine did not start
                PortTakenError
            DependencyUnavailableError      an engine does not answer; waiting helps
                RefusedError                it answers, and does not work for us now
                MisconfiguredError          it refuses what a setting says; waiting does not help
                TooSlowError
                OverloadedError
            ApiError                        a caller's request gets no answer (graph/errors.py has its status)
                InvalidWindowError
                InvalidQueryError
                UnauthenticatedError
                ForbiddenError
                ForbiddenAccountError
                NotFoundError
                MethodNotAllowedError
                NotAcceptableError
                RequestTimeoutError
                PayloadTooLargeError
                UriTooLongError
                UnsupportedMediaTypeError
                RateLimitedError
                QueryTooExpensiveError
                ServerStoppingError
            SeekFailedError                 the following end a command, a function or a run with their sentence
            UnsuitableError
            ChangedStepError
            LockedError
            DifferingZonesError
            NotReplayedError
            NotADeadLetterError
            NotDroppedError
            LimitExceededError
            RebuildFailedError
            OvertakenError
            PipelineFailedError
            PipelineAlarmError
            PipelineBusyError
            LedgerInUseError
            ArchiveMismatchError
            TamperedError
            AlreadyRunningError
            FullDiskError
            StoppedError
            PendingError
        BadEventError                       the following are caught where their module is used, and end nothing
        UnknownCopiesError
        EngineSilentError
        EngineSlowError
        InvalidDocumentError
        ClientDisconnectedError
        ForgedError
        LostClaimError
        NotCachedError
        QueryError

* `anlyt.py` catches everything at the end of a command: an AnlytError is its sentence and `exit_status`, anything else
  is a bug (`--debug` shows the traceback).
* `graph/http/endpoint.py` and `graph/gql/endpoint.py` catch everything that a request raises. `graph/http/problems.py`
  says what a caller is told: an ApiError or DependencyUnavailableError as it is, a wrong setting without its reason,
  all else as 500, masked and logged. ClientDisconnectedError answers nobody.
* `infra/faults.py` makes a driver's error a MisconfiguredError where a setting is to blame, and `infra/postgres.py` and
  `infra/clickhouse.py` make it a DependencyUnavailableError where an engine is away.
* `ingest/host.py` waits out an engine that is away; a wrong setting, and whatever else is raised, ends the worker.
  BadEventError becomes a dead letter.
* `pipelines/schedule.py` logs a run that failed and tries again; a wrong setting ends the process.
"""

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
