"""Files of a run appear whole or not at all; pack members are found by offset."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.packs import TarPack
from pipeline.storage import Storage


def _write_half(storage: Storage) -> None:
    with storage.create("a/b") as file:
        file.write(b"half")
        raise RuntimeError("half way")


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "run"))
    storage.write_bytes("a/b", b"before")
    with pytest.raises(RuntimeError, match="half way"):
        _write_half(storage)
    assert storage.read_bytes("a/b") == b"before"
    assert storage.names("a") == ["b"]
    assert storage.names("tmp") == []


def test_a_missing_file_has_no_size_and_a_missing_folder_no_names(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    assert storage.size("x") is None
    assert storage.names("x") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(
        st.text("abc/.é", min_size=1, max_size=150).map(lambda s: s + "x"), st.binary(max_size=2000)
    )
)
def test_members_are_where_their_refs_say(tmp_path: Path, members: dict[str, bytes]) -> None:
    storage = Storage(str(tmp_path / "run"))
    pack = TarPack(storage, "packs/p.tar")
    refs = {name: pack.add(name, data) for name, data in members.items()}
    sha256, size_bytes = pack.commit()
    assert storage.size("packs/p.tar") == size_bytes
    for name, data in members.items():
        ref = refs[name]
        assert storage.read_range(ref["pack"], ref["offset"], ref["size_bytes"]) == data
    assert storage.read_range("packs/p.tar", size_bytes - 3, 10) == bytes(3)
    with tarfile.open(storage.full("packs/p.tar")) as tar:
        assert len(tar.getnames()) == len(members)
    again = TarPack(storage, "packs/q.tar")
    for name, data in members.items():
        again.add(name, data)
    assert again.commit()[0] == sha256


def test_a_pack_refuses_a_second_member_of_one_name(tmp_path: Path) -> None:
    pack = TarPack(Storage(str(tmp_path)), "packs/p.tar")
    pack.add("a", b"1")
    with pytest.raises(ValueError, match="already has a member a"):
        pack.add("a", b"2")
    pack.abandon()
    assert not (tmp_path / "packs").exists()


def test_the_same_run_folder_works_in_memory() -> None:
    storage = Storage("memory://polyreel-test")
    storage.write_json("state/x.json", {"a": 1})
    assert storage.read_json("state/x.json") == {"a": 1}
    assert storage.names("state") == ["x.json"]
    storage.remove("state/x.json")
    assert not storage.exists("state/x.json")
