"""What a browser may be made to do by a page of another site: nothing."""

from __future__ import annotations

import pytest

from collector_api.door.browser import COOKIE
from tests.collector_api.driver import ADDRESS, Collector, problem, session_lines

FOREIGN = [
    {"Origin": "https://elsewhere.test"},
    {"Origin": "null"},
    {"Origin": f"{ADDRESS}:8080"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture
def cookie(collector: Collector) -> str:
    return f"{COOKIE}={collector.cookie()}"


@pytest.mark.parametrize("said", FOREIGN, ids=str)
def test_a_form_of_another_site_changes_nothing(
    collector: Collector, mine: str, cookie: str, said: dict[str, str]
) -> None:
    left = collector.request("POST", "/leave", headers={"Cookie": cookie, **said})
    assert problem(left) == (403, "origin")
    assert collector.request("GET", "/", headers={"Cookie": cookie}).status_code == 200
    entered = collector.request("POST", "/enter", headers=said, data={"token": mine})
    assert (problem(entered), "set-cookie" in entered.headers) == ((403, "origin"), False)


@pytest.mark.parametrize("said", [{}, {"Origin": ADDRESS}, {"Sec-Fetch-Site": "same-origin"}], ids=str)
def test_a_form_of_our_own_page_does(collector: Collector, cookie: str, said: dict[str, str]) -> None:
    assert collector.request("POST", "/leave", headers={"Cookie": cookie, **said}).status_code == 303
    assert collector.request("GET", "/", headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_no_other_site_is_told_that_it_may_read(collector: Collector, mine: str, method: str) -> None:
    collector.send(mine, session_lines())
    said = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    answer = collector.request(method, "/v1/sessions", headers={**said, "Authorization": f"Bearer {mine}"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_every_answer_has_the_headers_that_keep_it_safe(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("SECRET")

    answers = [
        collector.ask(mine, "GET", "/v1/sessions"),
        collector.request("GET", "/v1/sessions"),
        collector.request("GET", "/enter"),
        collector.request("GET", "/nowhere"),
        collector.request("PATCH", "/v1/sessions"),
        collector.ask(mine, "GET", "/v1/sessions?changed_after=x"),
    ]
    monkeypatch.setattr("collector_api.rows.sessions.listed", broken)
    answers.append(collector.ask(mine, "GET", "/v1/sessions"))
    assert [answer.status_code for answer in answers] == [200, 401, 200, 404, 405, 422, 500]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none';")
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 16
    assert "SECRET" not in answers[-1].text
