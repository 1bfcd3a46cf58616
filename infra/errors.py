"""The errors of the product, as one tree, and where each is caught.

    Exception
        AnlytError                          one sentence, a code (REST, GraphQL), an exit status (commands)
            UsageError                      a setting or argument that the operator has to correct
            FolderInUseError
            EngineFailedError               an embedded engine did not start
                PortTakenError
            DependencyUnavailableError      an engine does not answer; waiting helps
                RefusedError                it answers, but refuses to work now
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
            SeekFailedError                 this and the following end a command, a function or a run
            UnsuitableError
            ChangedStepError
            LockedError
            DifferingZonesError
            NotReplayedError
            BadEventsError
            NotPublishedError
            NotADeadLetterError
            NotDroppedError
            LimitExceededError
            RebuildFailedError
            ConcurrentPublisherError
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
        BadEventError                       this and the following are caught by the callers of their module
        BrokenLogError
        UnknownCopiesError
        EngineSilentError
        EngineSlowError
        InvalidDocumentError
        ChangedWhileReadError
        ClientDisconnectedError
        DayChangedError
        ForgedError
        LostClaimError
        NotCachedError
        NotModifiedError
        QueryError
        TooExpensiveError

* `anlyt.py` catches all errors of a command. It prints an AnlytError's sentence and exits with its `exit_status`; any
  other error is a bug (`--debug` shows the traceback).
* `graph/http/endpoint.py` and `graph/gql/endpoint.py` catch all errors of a request. `graph/http/problems.py` decides
  what the caller sees: an ApiError or DependencyUnavailableError unchanged, a wrong setting without its reason, any
  other error as 500, masked and logged. After a ClientDisconnectedError, no answer is sent.
* `infra/faults.py` turns a driver's error into a MisconfiguredError if a setting is to blame. `infra/postgres.py` and
  `infra/clickhouse.py` turn it into a DependencyUnavailableError if the engine is away.
* `ingest/host.py` waits until an absent engine is back; any other error ends the worker. A BadEventError becomes a
  dead letter.
* `pipelines/schedule.py` logs a failed run and retries; a wrong setting ends the process.
"""

from typing import ClassVar


class AnlytError(Exception):
    """A failure in one sentence. `code` and `status` are for REST and GraphQL, `exit_status` for the CLI."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1


class UsageError(AnlytError):
    """A setting or argument that the operator has to correct."""

    code = "INVALID_USAGE"
    status = 400
    exit_status = 2


class FolderInUseError(AnlytError):
    """Another running process uses the engine's folder."""


class EngineFailedError(AnlytError):
    """An embedded engine did not start. The sentence contains the end of its log."""


class DependencyUnavailableError(AnlytError):
    """NATS, PostgreSQL or ClickHouse does not answer; the caller should retry later."""

    code = "DEPENDENCY_UNAVAILABLE"
    status = 503


class RefusedError(DependencyUnavailableError):
    """An engine answers, but refuses to work now. Its reason is in the sentence, which is for operators only."""


class MisconfiguredError(DependencyUnavailableError):
    """An engine refuses what a setting says, or lacks what the setting needs. This is no outage; waiting does not help.

    The sentence is for operators. Callers of the API may see `setting` and `problem` only.
    """

    def __init__(self, setting: str, problem: str, reason: str, advice: str) -> None:
        in_brackets = f" ({reason})" if reason else ""
        super().__init__(f"{setting}: {problem}{in_brackets}. {advice}")
        self.setting, self.problem, self.parts = setting, problem, (problem, reason, advice)
