"""The committed file is what its source says."""

from pathlib import Path

from callweave.snippet.build import BUILT, HERE, build


def test_a_rebuild_gives_the_committed_bytes(tmp_path: Path) -> None:
    rebuilt = tmp_path / "callweave.js"
    build(rebuilt)
    assert rebuilt.read_bytes() == BUILT.read_bytes(), "make build, and commit the result"


def test_the_lock_file_names_hashes_and_no_host() -> None:
    lock = (HERE / "package-lock.json").read_text()
    assert "://" not in lock
    assert lock.count('"version"') == lock.count('"integrity": "sha512-')
