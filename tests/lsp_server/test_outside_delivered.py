"""The world outside, through a real sender to a real collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import Watched, recorder
from tests.support.processes import Collector, end_leftovers

#: A key that no service gave to anybody.
SECRET = "ghp_" + "9fK2mQ7xT4vB8nL1wR6yJ3zC5dH0sA2gE7uP"
CART = "total = 1\n"


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    serving = Collector(tmp_path / "data")
    yield serving
    serving.stop()


def recorded(collector: Collector, folder: Path, level: str) -> str:
    """A session in which a program and somebody at an editor work on the same files; returns its id."""
    shop = Shop(folder / "shop", {"cart.py": CART, "shelf.py": "full = True\n"})
    home = folder / "home"
    token = collector.token("dev")
    with recorder(shop, home, consent=level, collectorUrl=collector.address, token=token) as it:
        it.mark()
        work(it, shop)
        assert it.client.shutdown() == 0
    (row,) = collector.ended()
    assert end_leftovers(home) == []
    return str(row["session"])


def work(it: Watched, shop: Shop) -> None:
    uri = it.client.open(shop.root / "cart.py", CART)
    it.client.change(uri, 2, (0, 8, 0, 9, "2"))
    shop.write("cart.py", "total = 2\n")
    it.client.save(uri, "total = 2\n")
    shop.write("shelf.py", f'key = "{SECRET}"\n')
    it.until_told("edit", cause="external")
    shop.git("checkout", "-q", "-b", f"try-{SECRET}")
    shop.commit(f"Keep {SECRET}")
    it.until_told("vcs", action="commit")
    shop.write("cart.py", "total = 3\n")
    it.client.change(uri, 3, (0, 8, 0, 9, "3"))
    it.until_told("attribution")
    it.client.save(uri, "total = 3\n")


def test_a_session_with_the_world_outside_verifies_and_no_secret_of_it_leaves(
    collector: Collector, tmp_path: Path
) -> None:
    session = recorded(collector, tmp_path, "content")
    verdict = collector.verify(session)
    assert (verdict["saves"], verdict["verified"]) == (2, True)
    assert collector.replay(session, "cart.py") == b"total = 3\n"
    assert collector.replay(session, "shelf.py") == f'key = "{"*" * len(SECRET)}"\n'.encode()
    events = collector.events(session)
    assert SECRET not in str(events)
    (commit,) = [it for it in events if it["type"] == "vcs" and it["action"] == "commit"]
    assert commit["message"] == f"Keep {'*' * len(SECRET)}\n"
    assert "****" in commit["branch"]


def test_at_level_metadata_it_leaves_without_a_word(collector: Collector, tmp_path: Path) -> None:
    session = recorded(collector, tmp_path, "metadata")
    told = str(collector.events(session))
    assert collector.verify(session)["verified"] is None
    for word in (SECRET, "Keep", "cart", "shelf", "full", "total", "try-"):
        assert word not in told
    assert "'how': 'create'" in told
