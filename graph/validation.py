"""The validator (ETag) of the answer to the current request: a hash of what the answer is made of.

A route opens `validating` with all that identifies the request. Readers of stores declare the versions of what they
read, before they compute anything: if the caller has an answer of these versions, `declare` raises NotModifiedError.
An answer of which anything is not declared, or changed while it was computed, has no validator.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")

# Returns the versions of what an answer is read from; None if they are not known.
ReadState: TypeAlias = Callable[[], Awaitable[object | None]]

_ROOT: Final = Path(__file__).parent.parent
_CODE: Final = ("graph", "schema", "infra")
_TEXTS: Final = frozenset({".py", ".sql", ".html", ".css", ".js", ".svg"})


class Validation:
    """What one answer depends on.

    `known`: the validators of answers that the caller has. `lifetime`: seconds for which the answer cannot change.
    """

    def __init__(self, identity: object, known: frozenset[str]) -> None:
        self._identity, self._known = identity, known
        self._states: dict[object, object] = {}
        self._tag: str | None = None  # of the declared states, once it was computed
        self._is_void = False
        self.is_whole = False  # a declared state covers everything
        self.lifetime = 0

    @property
    def tag(self) -> str | None:
        """The validator of an answer with all that was declared; None if it has none."""
        if self._is_void or not self._states:
            return None
        if self._tag is None:
            text = repr((code_digest(), self._identity, list(self._states.items())))
            self._tag = sha256(text.encode()).hexdigest()[:32]
        return self._tag

    def declare(self, part: object, state: object | None, lifetime: int = 0, *, is_whole: bool = False) -> None:
        """Declares the state of a part of the answer; a part may be declared again, as it is read again.

        After a state that `is_whole`, other declarations are ignored. None: not known, so there is no validator.
        Raises NotModifiedError if the caller has the answer.
        """
        if self.is_whole:
            return
        self.is_whole, self.lifetime = is_whole, lifetime
        if state is None:
            self.void()
        self._states[part], self._tag = state, None
        if self.tag in self._known:
            raise NotModifiedError(self)

    def void(self) -> None:
        """Declares that the answer has no validator."""
        self._is_void = True


class NotModifiedError(Exception):
    """The caller has the answer already; `validation` is the answer's."""

    def __init__(self, validation: Validation) -> None:
        super().__init__()
        self.validation = validation


def current_validation() -> Validation | None:
    """The validation of the current request; None if its answer has no validator."""
    return _CURRENT.get()


@contextmanager
def validating(identity: object, known: frozenset[str]) -> Iterator[Validation]:
    """Opens the validation of a request. `identity`: its route, caller, parameters and format."""
    validation = Validation(identity, known)
    token = _CURRENT.set(validation)
    try:
        yield validation
    finally:
        _CURRENT.reset(token)


async def while_unchanged(read_state: ReadState, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which has a validator if the state is the same before and after it.

    Versions never repeat, so an equal state means that nothing changed in between.
    """
    validation = current_validation()
    if validation is None:
        return await work()
    before = await read_state()
    validation.declare("whole", before, is_whole=True)
    result = await work()
    if before is not None and await read_state() != before:
        validation.void()
    return result


@cache
def code_digest() -> str:
    """A hash of the code that answers, so that an answer of another release is another one."""
    digest = sha256()
    for file in sorted(each for part in _CODE for each in (_ROOT / part).rglob("*") if each.suffix in _TEXTS):
        digest.update(file.read_bytes())
    return digest.hexdigest()


_CURRENT: Final[ContextVar[Validation | None]] = ContextVar("validation", default=None)
