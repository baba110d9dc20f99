"""Archives are read without harm: nothing leaves them, nothing explodes, what is good is read."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.archives import limits, zip_directory
from kubectl_calico_nic.bundle.archives.limits import UnreadableError
from kubectl_calico_nic.bundle.archives.unpacking import unpack
from tests.bundle_files import NICS, calico_log, choices, inspect, text, write
from tests.calico_nic import calico_nic

FILES = {"a/one.log": b"1" * 70_000, "b/two.log": b"2", "empty": b""}
LOG = text(calico_log("node-1")).encode()


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


FORMS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tar,
    "tar.gz": lambda files: tar(files, "w:gz"),
    "zip": zipped,
    "zip without compression": lambda files: zipped(files, zipfile.ZIP_STORED),
    "tar in a zip": lambda files: zipped({"x.tar": tar(files)}),
    "zip in a tar.gz": lambda files: tar({"x.zip": zipped(files)}, "w:gz"),
    "tar.gz twice": lambda files: gzip.compress(tar(files, "w:gz")),
}


INNER = {"tar in a zip": "x.tar/", "zip in a tar.gz": "x.zip/"}
"""What comes before the names of files in an archive inside another."""


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, data: bytes, most: int = 1000) -> None:
        self._data = io.BytesIO(data)
        self._most = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        data = self._data.read(min(len(buffer), self._most))
        buffer[: len(data)] = data
        return len(data)


def contents(data: bytes) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """What is in a packed file by name, and what was left out."""
    left_out: list[tuple[str, str]] = []
    parts = unpack("x", Pipe(data), lambda name, why: left_out.append((name, why)))
    return {part.name: b"".join(part.blocks) for part in parts}, left_out


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_was_packed_comes_out(form: Callable[[dict[str, bytes]], bytes]) -> None:
    found, left_out = contents(form(FILES))
    assert left_out == []
    inner = next((INNER[name] for name in INNER if FORMS[name] is form), "")
    assert found == {f"x/{inner}{name}": data for name, data in FILES.items()}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_archives_are_read_by_path_and_from_stdin(
    form: Callable[[dict[str, bytes]], bytes], tmp_path: Path
) -> None:
    packed = form(
        {f"logs/{node}/calico-node.log": text(calico_log(node)).encode() for node in NICS}
    )
    assert choices(inspect(write(tmp_path / "whatever", packed))) == NICS


# Names are labels


@pytest.mark.parametrize("form", [tar, zipped])
@pytest.mark.parametrize(
    "name",
    ["../../escaped", "/escaped", "a/../../escaped", "..\\escaped", "./escaped", "x" * 5000],
)
def test_nothing_is_written_under_a_members_name(
    form: Callable[[dict[str, bytes]], bytes],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    found, left_out = contents(form({name: LOG}))
    assert (list(found.values()), left_out) == ([LOG], [])
    assert ".." not in "".join(found)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not Path("/escaped").exists()


def test_links_devices_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.log", calico_log("node-4"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE)
        for kind in (*kinds, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            member = tarfile.TarInfo(f"member-{kind!r}")
            member.type, member.linkname = kind, secret
            archive.addfile(member)
        for name in ("._node-1.log", ".hidden/x.log", "good.log"):
            member = tarfile.TarInfo(name)
            member.size = len(LOG)
            archive.addfile(member, io.BytesIO(LOG))
    assert contents(packed.getvalue()) == ({"x/good.log": LOG}, [])


def test_links_in_a_zip_are_passed_over() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link.log")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("folder/", "")
        archive.writestr("good.log", LOG)
    assert contents(packed.getvalue()) == ({"x/good.log": LOG}, [])


# Limits: which one, and what came before it is read


def bomb(tmp_path: Path, size: int) -> str:
    files = {"node-1.log": LOG, "zeros": b"\0" * size, "node-2.log": LOG}
    return write(tmp_path / "bomb.tgz", tar(files, "w:gz"))


def test_a_bomb_is_put_down_and_what_came_before_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATIO_COUNTS_FROM", 1_000_000)
    path = bomb(tmp_path, 20_000_000)
    result = inspect(path)
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert f"left out the rest of {path} (unpacks to more than 500 times its size)" in result.stderr


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_UNPACKED", 1024**3 // 512)
    path = bomb(tmp_path, 10_000_000)
    result = inspect(path)
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert f"the rest of {path} (unpacks to more than 0.00195312 GiB)" in result.stderr


@pytest.mark.parametrize("form", [tar, zipped])
def test_too_many_files(
    form: Callable[[dict[str, bytes]], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_FILES", 3)
    path = write(tmp_path / "x", form({"a.log": LOG, "b": b"b", "c": b"c", "d": b"d", "e": b"e"}))
    result = inspect(path)
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert f"the rest of {path} (holds more than 3 files)" in result.stderr


def test_a_long_list_of_files_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_directory, "LARGEST_DIRECTORY", 1024)
    write(tmp_path / "node-1.log", LOG)
    path = write(tmp_path / "x.zip", zipped({f"{number}": b"" for number in range(100)}))
    result = inspect(str(tmp_path))
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert f"left out {path} (the list of its files is longer than 0 MiB)" in result.stderr


def test_packed_too_many_times_over(tmp_path: Path) -> None:
    packed = LOG
    for _ in range(limits.DEEPEST + 1):
        packed = gzip.compress(packed)
    write(tmp_path / "node-1.log", LOG)
    path = write(tmp_path / "deep.gz", packed)
    assert f"left out {path} (packed more than 6 times over)" in inspect(str(tmp_path)).stderr
    assert choices(inspect(write(tmp_path / "y", gzip.decompress(packed)))) == {
        "node-1": NICS["node-1"]
    }


def test_a_members_bomb_in_a_zip_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATIO_COUNTS_FROM", 1_000_000)
    files = {"a.log": LOG, "bomb.txt": b"x" * 9_000_000, "b.log": LOG.replace(b"node-1", b"node-2")}
    result = inspect(write(tmp_path / "x.zip", zipped(files)))
    assert set(choices(result)) == {"node-1", "node-2"}
    assert "bomb.txt (unpacks to more than 500 times its size)" in result.stderr


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_gigabytes_is_refused(kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 8 * 1024**3
    data = header.tobuf(tarfile.GNU_FORMAT) + b"x" * 100_000
    with pytest.raises(UnreadableError, match="read x: it is damaged or cut off"):
        contents(data)


def test_headers_without_end() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 0
    with pytest.raises(UnreadableError):
        contents(header.tobuf(tarfile.GNU_FORMAT) * 5000)


def test_memory_does_not_grow_with_the_number_of_members() -> None:
    member = tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT)

    def peak(count: int) -> int:
        pipe = Pipe(member * count, 10_000)
        tracemalloc.start()
        try:
            for part in unpack("x", pipe, lambda *_: None):
                assert next(part.blocks, b"") == b""
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(5000) < peak(500) + 100_000


# Damage


def problem_of(data: bytes) -> str:
    """What our own error says about a packed file; else what was left out of it, or nothing."""
    try:
        _, left_out = contents(data)
    except UnreadableError as error:
        return error.problem
    return "; ".join(why for _, why in left_out)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_is_cut_off_is_named(form: Callable[[dict[str, bytes]], bytes]) -> None:
    noise = random.Random(1).randbytes(100_000)
    packed = form({"a.log": LOG, "b.txt": noise})
    cut = packed[: len(packed) // 2]
    problem = problem_of(cut)
    assert problem.endswith("damaged or cut off")


def test_a_download_that_was_cut_off(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(500_000)
    packed = tar({"a.log": LOG, "b.txt": noise}, "w:gz")
    path = write(tmp_path / "x.tgz", packed[:300_000])
    result = inspect(path)
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert f"the rest of {path} (its gzip data is damaged or cut off)" in result.stderr


def test_a_broken_archive_that_was_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.zip", zipped({"a.log": LOG})[:-30])
    result = inspect(path)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == f"error: read {path}: it is damaged or cut off\n"


def test_a_member_that_is_encrypted(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.log": LOG, "b.log": LOG.replace(b"node-1", b"node-2")}))
    entry = packed.rindex(b"PK\x01\x02")
    packed[entry + 8] |= 1
    result = inspect(write(tmp_path / "x.zip", bytes(packed)))
    assert set(choices(result)) == {"node-1"}
    assert "x.zip/b.log (encrypted)" in result.stderr


@settings(max_examples=300)
@given(
    st.sampled_from(list(FORMS)),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=8)), max_size=4),
    st.integers(0, 3000),
)
def test_no_damage_raises_anything_else(
    form: str, changes: list[tuple[int, bytes]], cut: int
) -> None:
    packed = bytearray(FORMS[form]({"a/node-1.log": LOG, "b": os.urandom(50)}))
    for place, data in changes:
        packed[place : place + len(data)] = data
    problem_of(bytes(packed[: len(packed) - cut]))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
TREES = st.recursive(
    st.binary(max_size=200) | st.sampled_from([LOG, b'{"kind": "Node"}', b"kind: Node\n"]),
    lambda inner: (
        st.builds(
            lambda files, form: FORMS[form](files),
            st.dictionaries(NAMES, inner, max_size=3),
            st.sampled_from(["tar", "tar.gz", "zip"]),
        )
        | inner.map(gzip.compress)
    ),
    max_leaves=5,
)


@settings(max_examples=150)
@given(TREES)
def test_any_tree_of_archives_gives_a_report_or_our_own_error(packed: bytes) -> None:
    result = calico_nic("inspect", "--from", "-", stdin=packed)
    assert result.status in (0, 1, 2)
    assert "Traceback" not in result.stderr
    assert "please report this" not in result.stderr


def overlapping(names: Iterable[str]) -> bytes:
    """A zip whose members all are the same bytes."""
    packed = bytearray(zipped({"a": LOG}))
    start = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    entries = [bytes(packed[start : end - 1]) + name.encode()[:1] for name in names]
    directory = b"".join(entries)
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), start, 0
    )
    return bytes(packed[:start]) + directory + tail


def test_members_that_overlap_are_bounded() -> None:
    found, left_out = contents(overlapping("abcdef"))
    assert len(found) + len(left_out) <= 6
