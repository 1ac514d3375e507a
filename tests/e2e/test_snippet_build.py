"""The committed file is what its source says."""

from pathlib import Path

from callweave.snippet.build import BUILT, HERE, build


def test_a_rebuild_gives_the_committed_bytes(tmp_path: Path) -> None:
    build(tmp_path)
    rebuilt, committed = (
        {file.name: file.read_bytes() for file in folder.iterdir()} for folder in (tmp_path, BUILT)
    )
    assert rebuilt == committed, "make build, and commit the result"


def test_the_lock_file_names_hashes_and_no_host() -> None:
    lock = (HERE / "package-lock.json").read_text()
    assert "://" not in lock
    assert lock.count('"version"') == lock.count('"integrity": "sha512-')
