"""Reports in the forms of each runner, made by hand from their documentation, and hostile ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.senses.junit import RESULTS_MAX, NoReport, read_report

SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="shop.CartTest" time="1,234.5" tests="3" errors="0" skipped="1" failures="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="adds" classname="shop.CartTest" time="0.012"/>
  <testcase name="totals" classname="shop.CartTest" time="0.003">
    <failure message="expected: &lt;6&gt;" type="AssertionFailedError"><![CDATA[expected: <6>
\tat shop.CartTest.totals(CartTest.java:14)]]></failure>
    <system-out><![CDATA[adding 3
]]></system-out>
  </testcase>
  <testcase name="later" classname="shop.CartTest" time="0"><skipped message="not yet"/></testcase>
</testsuite>
"""
JEST = """<?xml version="1.0"?>
<testsuites name="jest tests" tests="1" failures="0" errors="0" time="0.832">
  <testsuite name="cart" timestamp="2026-11-25T10:00:00" time="0.5" file="src/cart.test.ts">
    <testcase classname="cart adds" name="cart adds" time="0.004"></testcase>
  </testsuite>
</testsuites>
"""
NEXTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="1" failures="1" errors="0" uuid="x" time="0.061">
    <testsuite name="shop" tests="1" disabled="0" errors="0" failures="1">
        <testcase name="cart::tests::totals" classname="shop" time="0.005">
            <failure message="thread 'cart::tests::totals' panicked" type="test failure">stack</failure>
            <system-out>running 1 test</system-out>
            <system-err>panicked at src/cart.rs:9</system-err>
        </testcase>
    </testsuite>
</testsuites>
"""
PYTEST = """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">
<testsuite name="pytest" time="0.05">
<testcase classname="tests.test_cart.TestCart" name="test_a[x-1]" file="tests/test_cart.py" line="7"
 time="0.001"><skipped type="pytest.xfail" message="known"/></testcase>
<testcase classname="tests.test_cart" name="test_b" time="0.001">
<error message="boom">E boom</error></testcase>
</testsuite></testsuites>"""


def results(report: str) -> list[dict[str, Any]]:
    """The results, without what they do not have."""
    read = read_report(report.encode())
    return [{key: value for key, value in result.items() if value is not None} for result in read.results]


def test_surefire_and_gradle() -> None:
    assert results(SUREFIRE) == [
        {"test": "shop.CartTest::adds", "outcome": "passed", "duration_ms": 12},
        {
            "test": "shop.CartTest::totals",
            "outcome": "failed",
            "duration_ms": 3,
            "message": "expected: <6>\n\tat shop.CartTest.totals(CartTest.java:14)",
            "output": "adding 3\n",
        },
        {"test": "shop.CartTest::later", "outcome": "skipped", "duration_ms": 0, "message": "not yet"},
    ]
    assert read_report(SUREFIRE.encode()).duration_ms == 1_234_500


def test_jest_and_vitest() -> None:
    assert results(JEST) == [
        {"test": "cart adds::cart adds", "outcome": "passed", "duration_ms": 4, "path": "src/cart.test.ts"}
    ]
    assert read_report(JEST.encode()).duration_ms == 832


def test_nextest() -> None:
    assert results(NEXTEST) == [
        {
            "test": "shop::cart::tests::totals",
            "outcome": "failed",
            "duration_ms": 5,
            "message": "stack",
            "output": "running 1 testpanicked at src/cart.rs:9",
        }
    ]


def test_pytest_in_both_of_its_forms() -> None:
    assert results(PYTEST) == [
        {
            "test": "tests/test_cart.py::TestCart::test_a[x-1]",
            "outcome": "xfailed",
            "duration_ms": 1,
            "path": "tests/test_cart.py",
            "line": 7,
            "message": "known",
        },
        {"test": "tests.test_cart::test_b", "outcome": "error", "duration_ms": 1, "message": "E boom"},
    ]
    assert read_report(PYTEST.encode()).duration_ms == 50


BOMB = """<?xml version="1.0"?><!DOCTYPE testsuite [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>"""
FILE = """<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<testsuite><testcase name="&a;"/></testsuite>"""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB.encode(), "a test report with a document type"),
        (
            BOMB.replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16"),
            "a test report with a document type",
        ),
        (FILE.encode(), "a test report with a document type"),
        (b"<testsuite>", "a test report that is no XML"),
        (b"", "a test report that is no XML"),
        (b'<?xml version="1.0" encoding="no-such-code"?><testsuite/>', "a test report that is no XML"),
        (b"<testsuite>&undeclared;</testsuite>", "a test report that is no XML"),
        (b"<project/>", "an XML file that is no test report"),
    ],
)
def test_a_hostile_or_broken_report_is_refused_without_a_word_of_it(data: bytes, why: str) -> None:
    with pytest.raises(NoReport) as refused:
        read_report(data)
    assert str(refused.value) == why


def test_a_report_without_bounds_is_cut_and_says_by_how_much() -> None:
    cases = '<testcase name="t"/>' * (RESULTS_MAX + 5)
    read = read_report(f"<testsuite>{cases}</testsuite>".encode())
    assert (len(read.results), read.left_out) == (RESULTS_MAX, 5)
    long = f"<testsuite><testcase name='t'><system-out>{'x' * 100_000}y</system-out></testcase></testsuite>"
    assert results(long)[0]["output"].startswith("[83617 characters before this were cut]\nxx")
    assert read_report(("<testsuite>" * 5_000 + "</testsuite>" * 5_000).encode()).results == []


@pytest.mark.parametrize("time", ["", "x", "-1", "nan", "inf", "1e300"])
def test_a_time_that_is_none_is_left_out(time: str) -> None:
    assert results(
        f'<testsuite time="{time}"><testcase name="t" time="{time}" line="{time}"/></testsuite>'
    ) == [{"test": "t", "outcome": "passed"}]


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_file_it_is_a_report_or_refused(data: bytes) -> None:
    try:
        read_report(b"<testsuite><testcase" + data)
    except NoReport:
        return
