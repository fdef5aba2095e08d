"""The pages, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx
import pytest

from collector_api.door import browser
from collector_api.door.browser import COOKIE
from collector_api.rows import tokens
from collector_api.rows.tokens import OPERATOR
from tests.collector_api.driver import SESSION, Collector, line, session_lines

PAGE = {"Accept": "text/html"}


@pytest.fixture
def cookie(collector: Collector) -> dict[str, str]:
    """What the operator's browser sends."""
    return {**PAGE, "Cookie": f"{COOKIE}={collector.cookie()}"}


def look(collector: Collector, cookie: dict[str, str], path: str) -> str:
    answer = collector.request("GET", path, headers=cookie)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    return answer.text


def words(html: str) -> str:
    """The text of a page, its white space made one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def code(html: str) -> list[str]:
    """The lines of the document that a page shows, changes marked as [+added] and [-removed]."""
    marked = re.sub(r"<ins>(.*?)</ins>", r"[+\1]", re.sub(r"<del>(.*?)</del>", r"[-\1]", html))
    return [unescape(row) for row in re.findall(r"<tr[^>]*><th>\d+</th><td>(.*?)</td></tr>", marked)]


def document(session: str = SESSION, doc: int = 1) -> str:
    return f"/sessions/{session}/documents/{doc}"


def test_an_empty_collector_says_how_to_begin(collector: Collector, cookie: dict[str, str]) -> None:
    page = words(look(collector, cookie, "/"))
    assert "No session yet" in page
    assert "pairlog token create NAME --role contributor" in page


def test_the_list_shows_sessions_and_their_verdicts(
    collector: Collector, mine: str, cookie: dict[str, str]
) -> None:
    collector.send(mine, session_lines())
    page = look(collector, cookie, "/")
    assert f'href="/sessions/{SESSION}"' in page
    assert "mine Neovim 0.7.2 9 complete verified private" in words(page)


def test_a_session_shows_its_counts_its_verdict_and_its_documents(
    collector: Collector, mine: str, cookie: dict[str, str]
) -> None:
    collector.send(mine, [*session_lines()[:8], line(8, "run", id="r", phase="started", command="make test")])
    page = look(collector, cookie, f"/sessions/{SESSION}")
    assert "Verified. The replay gives, at the one save, the very text that was saved." in words(page)
    assert "9 events 5 edits 1 saves 1 documents 1 runs" in words(page)
    assert f'href="{document()}?seq=7"' in page
    assert "started · make test" in words(page)


def test_a_session_that_does_not_verify_says_where(
    collector: Collector, mine: str, cookie: dict[str, str]
) -> None:
    lines = session_lines()
    lines[7] = lines[7].replace(b'"sha256":"', b'"sha256":"0')
    collector.send(mine, lines)
    assert "Not verified. At event 7: a.py differs from what was saved." in words(
        look(collector, cookie, f"/sessions/{SESSION}")
    )


@pytest.mark.parametrize(
    ("seq", "text"),
    [(1, [""]), (2, ["[+a]"]), (4, ["ab[+c]"]), (7, ["abcde"]), (10**6, ["abcde"])],
)
def test_a_document_is_shown_at_any_event(
    collector: Collector, mine: str, cookie: dict[str, str], seq: int, text: list[str]
) -> None:
    collector.send(mine, session_lines())
    assert code(look(collector, cookie, f"{document()}?seq={seq}")) == text


def test_what_an_edit_took_away_is_shown_too(collector: Collector, mine: str, cookie: dict[str, str]) -> None:
    changes = [[0, 1, 0, 3, "X\nY"], [1, 2, 1, 2, "!"]]
    collector.send(mine, [*session_lines()[:7], line(7, "edit", doc=1, changes=changes)])
    assert code(look(collector, cookie, f"{document()}?seq=7")) == ["a[-bc][+X]", "[+Y]d[+!]e"]


def test_the_links_lead_to_the_events_around(collector: Collector, mine: str, cookie: dict[str, str]) -> None:
    collector.send(mine, session_lines())
    page = look(collector, cookie, f"{document()}?seq=4")
    steps = re.findall(r'class="step" href="[^"]*\?seq=(\d+)#change" title="([^"]*)"', page)
    assert steps == [
        ("0", "the first event"),
        ("3", "the edit of this document before"),
        ("3", "the event before"),
        ("5", "the event behind"),
        ("5", "the edit of this document behind"),
        ("8", "the last event"),
    ]
    assert '<input type="number" name="seq" min="0" max="8" value="4">' in page


def test_a_document_before_it_was_opened_says_so(
    collector: Collector, mine: str, cookie: dict[str, str]
) -> None:
    collector.send(mine, session_lines())
    assert "The document is not open yet" in words(look(collector, cookie, f"{document()}?seq=0"))


def test_a_text_that_was_lost_is_not_made_up(collector: Collector, mine: str, cookie: dict[str, str]) -> None:
    collector.send(mine, [*session_lines()[:3], line(3, "gap", reason="interrupted")])
    assert "Its text is not known here" in words(look(collector, cookie, f"{document()}?seq=3"))


def test_a_long_document_is_shown_around_the_change(
    collector: Collector, mine: str, cookie: dict[str, str]
) -> None:
    text = "".join(f"{number}\n" for number in range(1, 3001))
    opened = line(1, "open", doc=1, path="a", why="opened", source="disk", text=text)
    edit = line(2, "edit", doc=1, changes=[[1999, 0, 1999, 0, "here "]])
    collector.send(mine, [session_lines()[0], opened, edit])
    page = look(collector, cookie, f"{document()}?seq=2")
    assert len(code(page)) == 1000
    assert "[+here ]2000" in code(page)
    assert "1499 lines before" in words(page)
    assert "502 lines behind" in words(page)
    assert "1" in code(look(collector, cookie, f"{document()}?seq=2&line=1"))


def test_what_was_recorded_is_never_markup(collector: Collector, mine: str, cookie: dict[str, str]) -> None:
    evil = "<script>alert(1)</script>"
    opened = line(1, "open", doc=1, path=evil, why="opened", source="disk", language=evil, text=evil)
    collector.send(mine, [session_lines(editor={"name": evil})[0], opened])
    for path in ("/", f"/sessions/{SESSION}", document()):
        assert "alert(1)" in unescape(look(collector, cookie, path))


def test_every_page_forbids_what_comes_from_elsewhere(collector: Collector, cookie: dict[str, str]) -> None:
    headers = collector.request("GET", "/", headers=cookie).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert collector.request("GET", "/static/style.css").headers["content-type"].startswith("text/css")


def test_the_one_time_address_opens_once(collector: Collector) -> None:
    key = collector.store.write(lambda connection: browser.one_time_key(connection, OPERATOR)).result()
    first = collector.request("GET", f"/enter?key={key}")
    assert first.status_code == 200
    crumbs = [part.strip() for part in first.headers["set-cookie"].lower().split(";")]
    assert {"httponly", "samesite=strict"} <= set(crumbs)
    given = first.headers["set-cookie"].partition(";")[0]
    assert collector.request("GET", "/", headers={**PAGE, "Cookie": given}).status_code == 200
    second = collector.request("GET", f"/enter?key={key}")
    assert (second.status_code, second.headers.get("set-cookie")) == (403, None)


def _enter(collector: Collector, token: str) -> httpx.Response:
    return collector.request("POST", "/enter", data={"token": token})


def test_a_token_opens_the_pages_as_far_as_its_role_reaches(collector: Collector, mine: str) -> None:
    collector.send(collector.token("theirs"), session_lines())
    answer = _enter(collector, mine)
    cookie = {**PAGE, "Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert "No session yet" in words(look(collector, cookie, "/"))
    refused = collector.request("GET", f"/sessions/{SESSION}", headers=cookie)
    assert (refused.status_code, "another contributor" in words(refused.text)) == (403, True)
    assert _enter(collector, "plg_wrong").status_code == 403


def test_the_cookie_of_a_revoked_token_opens_nothing(collector: Collector, mine: str) -> None:
    cookie = {**PAGE, "Cookie": _enter(collector, mine).headers["set-cookie"].partition(";")[0]}
    collector.store.write(lambda connection: tokens.revoke(connection, "mine")).result()
    assert collector.request("GET", "/", headers=cookie).status_code == 401


def test_who_leaves_is_out(collector: Collector, cookie: dict[str, str]) -> None:
    assert collector.request("POST", "/leave", headers=cookie).status_code == 303
    assert collector.request("GET", "/", headers=cookie).status_code == 401


def test_a_browser_without_a_cookie_is_shown_the_door(collector: Collector) -> None:
    answer = collector.request("GET", "/", headers=PAGE)
    assert (answer.status_code, "enter with a token" in words(answer.text)) == (401, True)


def test_a_cookie_grows_old(collector: Collector) -> None:
    cookie = collector.cookie()
    good_until = time.time() + 12 * 3600
    with collector.store.reading() as connection:
        assert browser.who(connection, cookie, good_until - 60) == OPERATOR
        assert browser.who(connection, cookie, good_until + 60) is None


def test_the_oldest_cookie_gives_way(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "_ROWS_MAX", 2)

    def admit(now_s: float) -> str:
        return collector.store.write(lambda connection: browser.admit(connection, OPERATOR, now_s)).result()

    cookies = [admit(now_s) for now_s in (1, 2, 3)]
    with collector.store.reading() as connection:
        known = [browser.who(connection, cookie, 4) for cookie in cookies]
    assert known == [None, OPERATOR, OPERATOR]
