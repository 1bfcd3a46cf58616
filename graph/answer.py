"""The bases of all answers, of reports, lists, queries and the audit."""

from typing import ClassVar

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all answers; camelCase in JSON."""


class Report(Answer, frozen=True, kw_only=True):
    """The answer of a REST route and a GraphQL field. `about` describes both; its first sentence is the title."""

    about: ClassVar[str]
