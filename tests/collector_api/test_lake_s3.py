"""A lake in a store that speaks S3: a real server, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pairlog.source import open_source
from tests.collector_api.driver import SESSION, Collector, line, on_sqlite, session_lines
from tests.collector_api.secret import SECRET, secret_lines

pytestmark = on_sqlite

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"
CONTENT = b"a content that a session names"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the server listens."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def lake(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a lake in an empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    s3 = boto3.client("s3", endpoint_url=f"http://{address}", region_name="us-east-1")
    s3.create_bucket(Bucket="pairlog")
    yield f"s3://pairlog/lake?endpoint_override={address}&scheme=http&region=us-east-1"
    for found in s3.list_objects_v2(Bucket="pairlog").get("Contents", []):
        s3.delete_object(Bucket="pairlog", Key=found["Key"])
    s3.delete_bucket(Bucket="pairlog")


@pytest.fixture
def exported(collector: Collector, mine: str, lake: str) -> Collector:
    collector.put(mine, CONTENT)
    collector.send(mine, secret_lines())
    opened = line(1, "open", doc=1, path="b.py", why="opened", source="disk", blob=DIGEST)
    collector.send(mine, [session_lines(session=OTHER)[0], opened, line(2, "end", reason="idle")], OTHER)
    collector.export(lake)
    return collector


def _sessions(lake: str) -> dict[str, list[bytes]]:
    with open_source(f"lake+{lake}") as source:
        return {row.session: list(source.lines(row.session)) for row in source.sessions()}


def test_sessions_are_read_from_the_bucket(exported: Collector, mine: str, lake: str) -> None:
    assert exported.lines(mine) == secret_lines()
    assert _sessions(lake)[SESSION] == secret_lines()
    with open_source(f"lake+{lake}") as source:
        assert source.blob(OTHER, DIGEST) == CONTENT


def test_an_erased_session_leaves_the_bucket(exported: Collector, mine: str, lake: str, address: str) -> None:
    exported.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert list(_sessions(lake)) == [OTHER]
    s3 = boto3.client("s3", endpoint_url=f"http://{address}", region_name="us-east-1")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="pairlog")["Contents"]]
    files = [key for key in keys if key.endswith(".parquet")]
    assert [key.split("/")[1] for key in files] == ["contents", "lines"]
    everything = b"".join(s3.get_object(Bucket="pairlog", Key=key)["Body"].read() for key in keys)
    assert SECRET.encode() not in everything


def test_a_bucket_that_is_not_there_is_one_line(
    collector: Collector, mine: str, lake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.send(mine, secret_lines())
    gone = lake.replace("pairlog/lake", "elsewhere/lake")
    assert collector.command("lake", "export", "--to", gone) == 1
    error = capsys.readouterr().err
    assert (error.count("\n"), "still in the store" in error) == (1, True)
    assert collector.lines(mine) == secret_lines()
