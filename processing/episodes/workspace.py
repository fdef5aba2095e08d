"""A workspace on disk, made from what is not trusted: paths and links of a recording, files of a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pairlog.blobs import is_inside

#: Path to content and git's mode (100644, 100755, or 120000: a link whose target is the content).
Files: TypeAlias = Mapping[str, tuple[bytes, str]]

_LINK = "120000"
_SUBMODULE = "160000"


class BadWorkspace(ValueError):
    """Files that cannot stand beside each other, or a path that leaves the workspace."""


def lay(folder: Path, files: Files) -> None:
    """Write the files into `folder`, which must not exist. Raises BadWorkspace where they cannot stand there.

    Links come last, so that no file is ever written through one.
    """
    folder.mkdir()
    links = [path for path, (_, mode) in files.items() if mode == _LINK]
    try:
        for path, (content, mode) in files.items():
            if not is_inside(path):
                raise BadWorkspace(f"{path!r} is no path inside the workspace")
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if mode not in (_LINK, _SUBMODULE):
                place.write_bytes(content)
                place.chmod(0o755 if mode == "100755" else 0o644)
        # Whoever runs in there is another user, whatever the umask here says.
        for above in [folder, *(place for place in folder.rglob("*") if place.is_dir())]:
            above.chmod(0o755)
        for path in links:
            (folder / path).symlink_to(files[path][0].decode("utf-8", "surrogateescape"))
    except (OSError, ValueError) as error:
        if isinstance(error, BadWorkspace):
            raise
        raise BadWorkspace(f"the files cannot stand beside each other: {error}") from None
