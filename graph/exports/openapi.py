"""The operations on exports for OpenAPI documents: those of all exports differ in their bodies and answers only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from graph.errors import NotFoundError, PayloadTooLargeError, RateLimitedError, UnsupportedMediaTypeError
from graph.exports.keys import PublicKeys
from graph.exports.routes import AFTER, ID, LIMIT
from graph.http import openapi
from graph.http.openapi import Json, answer, errors, operation
from graph.http.parameters import Parameter
from infra.errors import AnlytError

_BODY_ERRORS = (PayloadTooLargeError, UnsupportedMediaTypeError, RateLimitedError)


@dataclass(frozen=True, slots=True)
class Described:
    """The exports of a listener. `body`: the schema of a request; `headers`: those of a request.

    `always`: the errors of each operation. `summary` and `meaning` are of the request, `listing` of the list.
    """

    path: str
    keys_path: str
    body: str
    example: object
    answer: type[Struct]
    answers: type[Struct]
    callers: list[Json]
    always: Sequence[type[AnlytError]]
    summary: str
    meaning: str
    listing: str
    headers: Sequence[Parameter] = ()

    def paths(self) -> Mapping[str, Json]:
        """The paths with their operations."""
        return {
            self.path: {"post": self._request(), "get": self._list()},
            f"{self.path}/{{id}}": {"get": self._status(), "delete": self._cancel()},
            self.keys_path: {"get": self._keys()},
        }

    def _request(self) -> Json:
        location = {"description": "The path of the export.", "schema": {"type": "string"}}
        accepted = answer(self.answer, "Accepted; the files are written in the background.")
        accepted["headers"] = {**openapi.headers(), "Location": location}
        responses = {"202": accepted, **self._errors(*_BODY_ERRORS)}
        body = openapi.body(self.body, self.example)
        return self._operation("requestExport", self.summary, self.meaning, responses, *self.headers, requestBody=body)

    def _list(self) -> Json:
        responses = {"200": answer(self.answers), **self._errors()}
        return self._operation("listExports", self.listing, self.answers.__doc__, responses, LIMIT, AFTER)

    def _status(self) -> Json:
        summary, responses = "The status of an export, and its files.", self._one()
        return self._operation("followExport", summary, self.answer.__doc__, responses, ID)

    def _cancel(self) -> Json:
        return self._operation("cancelExport", "Cancel an export.", self.answer.__doc__, self._one(), ID)

    def _keys(self) -> Json:
        summary, responses = "The public keys that verify manifests.", {"200": answer(PublicKeys), **self._errors()}
        return self._operation("exportKeys", summary, PublicKeys.__doc__, responses)

    def _one(self) -> Json:
        return {"200": answer(self.answer), **self._errors(NotFoundError)}

    def _errors(self, *more: type[AnlytError]) -> Json:
        return errors((*self.always, *more))

    def _operation(
        self, name: str, summary: str, description: str | None, responses: Json, *parameters: Parameter, **more: Json
    ) -> Json:
        declared = {"parameters": [openapi.parameter(each) for each in parameters]} if parameters else {}
        return operation("Exports", name, summary, description, self.callers, responses, **declared, **more)
