from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lsp_server.home.spool import Spool

_SHORT_WRITE = """
import resource, sys
from pathlib import Path
from lsp_server.home.spool import Spool

spool = Spool(Path(sys.argv[1]), waiting_bytes_max=0)
assert spool.append([b'{"a":1}\\n']) == 1
resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
assert spool.append([b'{"b":2}\\n', b'{"c":3}\\n', b'{"d":4}\\n']) == 1, "one line fits, a half one does not"
assert spool.trouble
assert spool.append([b'{"c":3}\\n']) == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert spool.append([b'{"e":5}\\n']) == 1
assert spool.trouble is None
spool.close()
"""


def test_lines_are_in_the_file_when_append_returns(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert spool.append([b"a\n", b"b\n"]) == 2
    assert spool.path.read_bytes() == b"a\nb\n"
    spool.close()


def test_a_short_write_leaves_whole_lines_only(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _SHORT_WRITE, str(tmp_path / "spool")], check=True, timeout=20)
    assert (tmp_path / "spool").read_bytes() == b'{"a":1}\n{"b":2}\n{"e":5}\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_answer_and_no_exception(tmp_path: Path) -> None:
    (tmp_path / "spool").symlink_to("/dev/full")
    spool = Spool(tmp_path / "spool")
    assert (spool.append([b"a\n"]), spool.trouble) == (0, "No space left on device")
    spool.close()


_WAITING = """
import resource, sys
from pathlib import Path
from lsp_server.home.spool import Spool

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

spool = Spool(Path(sys.argv[1]), waiting_bytes_max=24)
lines = [b'{"a":%d}\\n' % i for i in range(9)]
assert spool.append(lines[:1]) == 1
limit(20)
assert spool.append(lines[1:4]) == 3, "one is written and two wait"
assert spool.waiting == lines[2:4] and spool.trouble
assert spool.append(lines[4:6]) == 1, "memory holds three"
spool.drain()
assert spool.waiting == lines[2:5]
limit(resource.RLIM_INFINITY)
assert spool.append(lines[5:6]) == 0, "memory is full until it is drained"
spool.drain()
assert spool.append(lines[5:7]) == 2
assert (spool.waiting, spool.trouble) == ([], None)
spool.close()
"""


def test_lines_that_cannot_be_written_wait_in_their_order(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _WAITING, str(tmp_path / "spool")], check=True, timeout=20)
    assert (tmp_path / "spool").read_bytes() == b"".join(b'{"a":%d}\n' % i for i in range(7))


def test_a_spool_knows_that_its_name_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert not spool.is_removed()
    spool.path.unlink()
    assert spool.is_removed()
    spool.close()
