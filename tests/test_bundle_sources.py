"""Which files ``--from`` reads, and that it stays within the paths given."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from kubectl_calico_nic.bundle.sources import find_sources
from kubectl_calico_nic.errors import CalicoNicError


def names(*paths: str | Path) -> list[str]:
    return [source.name for source in find_sources(map(str, paths), None)]


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("b.log", "a/2", "a/1", "c/d/e/f")]
    assert names(tmp_path) == sorted(map(str, paths))


def test_paths_keep_their_order_and_nothing_is_read_twice(tmp_path: Path) -> None:
    b, a = write(tmp_path / "b"), write(tmp_path / "a")
    assert names(b, tmp_path, a, b, tmp_path / "." / "a") == [str(b), str(a)]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    shown = write(tmp_path / "shown")
    hidden = write(tmp_path / ".hidden")
    write(tmp_path / ".git" / "x")
    assert names(tmp_path) == [str(shown)]
    assert names(hidden) == [str(hidden)]


def test_links_do_not_lead_out_of_the_folder_or_round_in_circles(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret")
    inside = write(tmp_path / "given" / "x")
    for name, target in (
        ("loop", "."),
        ("up", ".."),
        ("folder", outside.parent),
        ("file", outside),
        ("again", inside),
        ("dangling", "nowhere"),
        ("self", "self"),
    ):
        (tmp_path / "given" / name).symlink_to(target)
    assert names(tmp_path / "given") == [str(inside)]


def test_a_link_given_by_name_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "x")
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "file").symlink_to("folder/x")
    assert names(tmp_path / "link") == [str(tmp_path / "link" / "x")]
    assert names(tmp_path / "file") == [str(tmp_path / "file")]


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    with pytest.raises(CalicoNicError, match=r"stat .*self: too many levels of symbolic links"):
        names(tmp_path / "self")


def test_a_pipe_is_read_by_name_and_left_out_of_a_folder(tmp_path: Path) -> None:
    file, pipe = write(tmp_path / "file"), tmp_path / "pipe"
    os.mkfifo(pipe)
    assert names(tmp_path) == [str(file)]
    (source,) = find_sources([str(pipe)], None)
    writer = threading.Thread(target=pipe.write_text, args=("hello",))
    writer.start()
    with source.open() as stream:
        assert stream.read() == b"hello"
    writer.join()


def test_stdin_is_read_once_and_stays_open() -> None:
    stdin = io.BufferedReader(io.BytesIO(b"hello"))  # type: ignore[arg-type]
    (source,) = find_sources(["-", "-"], stdin)
    assert source.name == "stdin"
    with source.open() as stream:
        assert stream.read() == b"hello"
    assert not stdin.closed


def test_closed_stdin_is_an_error() -> None:
    (source,) = find_sources(["-"], None)
    with pytest.raises(CalicoNicError, match="stdin cannot be read"), source.open():
        pass


def test_a_file_that_goes_away_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "x")
    (source,) = find_sources([str(path)], None)
    path.unlink()
    gone = pytest.raises(CalicoNicError, match=r"^read .*/x: no such file or directory$")
    with gone, source.open():
        pass


@pytest.mark.parametrize("path", ["", "no/such/file", "x" * 5000])
def test_no_path_raises_anything_else(path: str) -> None:
    with pytest.raises(CalicoNicError):
        names(path)
