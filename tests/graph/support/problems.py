"""Checks of error answers."""

import httpx


def check_problem(response: httpx.Response, status: int, code: str) -> str:
    """The response is a problem+json of this code; returns its detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) - {"problems"} == {"type", "title", "status", "code", "detail", "requestId"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["requestId"] == response.headers["x-request-id"]
    assert problem["type"].startswith("urn:anlyt:problem:")
    assert problem["title"]
    assert isinstance(problem["detail"], str)
    return problem["detail"]
