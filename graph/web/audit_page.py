"""`/` of the audit listener: one tenant's facts for the regulator, their download, and the check of their evidence.

The page shows what `POST /v1/audit/query` answers, and each view of it is logged as an access. The check runs in the
browser (`static/verify.js`), over the same answers.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from graph.audit import verify
from graph.audit.answers import AuditAnswer
from graph.audit.audits import Audits
from graph.audit.regulator import REGULATOR, Regulator
from graph.audit.request import MEMBERS, QUERY_PATH
from graph.dsl.parse import MOST_ROWS
from graph.errors import InvalidQueryError, NotAcceptableError
from graph.http.disconnect import ClientDisconnectedError, cancel_on_disconnect
from graph.http.endpoint import HttpEndpoint
from graph.http.middleware import REQUEST_ID
from graph.http.negotiation import preferred
from graph.http.parameters import Parameter, read_query
from graph.http.responses import NO_STORE, problem_response
from graph.web import files
from graph.web.endpoint import HTML
from graph.web.form import WHOLE
from graph.web.rendering import render
from graph.web.security import security_headers
from graph.web.states import State, state_of
from infra.settings import Settings

PATH: Final = "/"
DOWNLOAD: Final = "/pages.jsonl"
VERIFIER: Final = "/verify.py"
_VERIFY: Final = Path(verify.__file__).read_bytes()
JSON_LINES: Final = "application/jsonl"
DAY: Final = timedelta(days=1)
SHOWN: Final = 25  # facts on a page
# Fields of the form: the query's members that a person chooses. The page sets the others.
FIELDS: Final = ("tenantId", "last", "window", "from", "to", "timezone", "dataset", "verdict", "ruleType", "after")
PARAMETERS: Final = tuple(Parameter(name, MEMBERS[name].schema, MEMBERS[name].meaning) for name in FIELDS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values of the URL, and what is wrong with them, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> Mapping[str, object]:
        """The body of the query that the values are."""
        return dict(self.values)

    @property
    def has_evidence(self) -> bool:
        """Whether answers have evidence: of compliance, and of all facts."""
        is_compliance = self.values.get("dataset", "compliance") == "compliance"
        return is_compliance and not self.values.keys() & {"verdict", "ruleType"}


def page_routes(settings: Settings, audits: Audits) -> Sequence[Route]:
    """The routes of the page, its download and its files; none if the settings turn pages off."""
    if not settings.pages:
        return []
    headers = security_headers(settings.frame_ancestors)
    return [
        Route(PATH, HttpEndpoint("anlyt.api.page", "auditPage", partial(_page, audits, headers)), methods=["GET"]),
        Route(
            DOWNLOAD, HttpEndpoint("anlyt.api.page", "auditPage", partial(_download, audits, headers)), methods=["GET"]
        ),
        Route(VERIFIER, _verifier, methods=["GET"]),
        Route(files.PATH, files.serve, methods=["GET"]),
    ]


async def _page(audits: Audits, headers: Mapping[str, str], request: Request) -> Response:
    try:
        preferred(request.headers, (HTML,))
    except NotAcceptableError as error:
        return problem_response(error, request.scope[REQUEST_ID], {**headers, **NO_STORE})
    chosen = _read(request)
    if chosen.problems or "tenantId" not in chosen.values:
        return _html(request, headers, chosen, status=400 if chosen.problems else 200)
    try:
        work = audits.answer(request.scope[REGULATOR], request.scope[REQUEST_ID], {**chosen.query, "limit": SHOWN})
        answer = await cancel_on_disconnect(request.receive, work)
    except ClientDisconnectedError:
        raise
    except InvalidQueryError as error:
        return _html(request, headers, Chosen(chosen.values, problems_by_field(error)), status=400)
    except Exception as error:  # an engine that is away, or a fault of ours
        state = state_of(error, request.scope[REQUEST_ID])
        return _html(request, headers, chosen, state=state, status=state.status)
    return _html(request, headers, chosen, answer=answer)


def _read(request: Request) -> Chosen:
    """The values of the URL, without empty ones, and the problems of its names."""
    query_string = request.scope["query_string"]
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    values = {name: value for name, value in pairs if name in FIELDS and value}
    try:
        read_query(query_string, PARAMETERS)
    except InvalidQueryError as error:
        return Chosen(values, {WHOLE: str(error)})
    return Chosen(values)


def problems_by_field(error: InvalidQueryError) -> Mapping[str, str]:
    """The problems of a query, by the field of the form; those of other members belong to the whole form."""
    by_field: dict[str, str] = {}
    for problem in error.problems:
        name = problem.path.removeprefix("$.")
        by_field.setdefault(name if name in FIELDS else WHOLE, problem.message)
    return by_field or {WHOLE: str(error)}


def _html(
    request: Request,
    headers: Mapping[str, str],
    chosen: Chosen,
    *,
    answer: AuditAnswer | None = None,
    state: State | None = None,
    status: int = 200,
) -> Response:
    text = render(
        "audit.html",
        chosen=chosen,
        fields=MEMBERS,
        answer=answer,
        state=state,
        columns=_columns(answer),
        whole_days=whole_days(answer) if answer else {},
        paths={"page": PATH, "download": DOWNLOAD, "verifier": VERIFIER, "query": QUERY_PATH},
        most_rows=MOST_ROWS,
        request_id=request.scope[REQUEST_ID],
    )
    return HTMLResponse(text, status, {**headers, **NO_STORE})


def _columns(answer: AuditAnswer | None) -> Sequence[str]:
    """The names of the facts' fields, without the findings, which have a column of their own."""
    return [name for name in answer.data[0] if name != "findings"] if answer and answer.data else ()


async def _download(audits: Audits, headers: Mapping[str, str], request: Request) -> Response:
    """All answers of the query, one per line; those of compliance have evidence, as `verify.py` reads them.

    The first answer is made before the response begins, so that a refusal has its status.
    """
    preferred(request.headers, (JSON_LINES,))
    chosen = _read(request)
    if chosen.problems:
        raise InvalidQueryError(" ".join(chosen.problems.values()))
    regulator, request_id = request.scope[REGULATOR], request.scope[REQUEST_ID]
    query = {**chosen.query, "limit": MOST_ROWS, "evidence": chosen.has_evidence}
    first = await cancel_on_disconnect(request.receive, audits.answer(regulator, request_id, query))
    lines = _lines(audits, regulator, request_id, query, first)
    disposition = {"Content-Disposition": 'attachment; filename="pages.jsonl"'}
    return StreamingResponse(lines, media_type=JSON_LINES, headers={**headers, **NO_STORE, **disposition})


async def _lines(
    audits: Audits, regulator: Regulator, request_id: str, query: Mapping[str, object], first: AuditAnswer
) -> AsyncIterator[bytes]:
    answer = first
    while True:
        yield msgspec.json.encode(answer) + b"\n"
        if not answer.page.has_next_page:
            return
        answer = await audits.answer(regulator, request_id, {**query, "after": answer.page.end_cursor})


async def _verifier(_: Request) -> Response:
    """The script that verifies downloaded answers without this service."""
    return Response(_VERIFY, media_type="text/x-python", headers=dict(NO_STORE))


def whole_days(answer: AuditAnswer) -> Mapping[str, str]:
    """The query of all compliance facts on the UTC days that the answer's window touches, which evidence covers."""
    window = answer.meta.window
    begin = window.from_.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = window.to.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = end if end == window.to else end + DAY
    return {"tenantId": answer.meta.tenant_id, "from": begin.isoformat(), "to": end.isoformat()}
