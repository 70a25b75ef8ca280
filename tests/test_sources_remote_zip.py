"""Members of a remote archive by ranges, and every archive that must not be read."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from dataclasses import replace

import pytest
from serving import Reply, ranged, redirect, serve

from tipping_point.fetch import remote_zip
from tipping_point.fetch.download import NotInCacheError
from tipping_point.fetch.remote_zip import fetch_directory, fetch_members, write_zip
from tipping_point.sources.archives import points_outside
from tipping_point.tables import InputError

URL = "https://data.police.uk/data/archive/2025-06.zip"
STORE = "https://policeuk-data.s3.amazonaws.com/archive/2025-06.zip"
FILES = {f"2025-{month:02d}/2025-{month:02d}-{force}-street.csv": f"{month} {force}\n".encode() * 5_000
         for month in (5, 6) for force in ("kent", "surrey", "essex")}  # fmt: skip
FILLER = {"2025-06/filler.bin": bytes(range(256)) * 8_000}


def pack(files=None, *, method=zipfile.ZIP_DEFLATED, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, **options) as archive:
        for name, body in (files or FILES).items():
            archive.writestr(name, body)
    return buffer.getvalue()


@pytest.fixture
def server():
    with serve() as running:
        running.route(URL, redirect(STORE))
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def sent(server):
    """Bytes that ranges asked for."""
    spans = [re.fullmatch(r"bytes=(\d+)-(\d+)", call.headers.get("range", "")) for call in server.asked("amazonaws")]
    return sum(int(span[2]) - int(span[1]) + 1 for span in spans if span)


def test_only_what_is_wanted_is_fetched(server, web):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        for name, body in {**FILLER, **FILES}.items():
            archive.writestr(name, body)
    content = buffer.getvalue()
    server.route(STORE, ranged(content))
    directory = fetch_directory(web, URL)
    assert directory.final == STORE
    assert directory.size == len(content)
    assert directory.parts
    assert {member.name: member.size for member in directory.members} == {
        name: len(body) for name, body in {**FILLER, **FILES}.items()
    }
    wanted = ["2025-06/2025-06-kent-street.csv", "2025-05/2025-05-kent-street.csv"]
    fetched = fetch_members(web, directory, wanted)
    assert list(fetched) == wanted
    assert {name: file.path.read_bytes() for name, file in fetched.items()} == {name: FILES[name] for name in wanted}
    assert sent(server) < 0.2 * len(content)
    asked = len(server.calls)
    fetch_members(web, fetch_directory(web, URL), wanted)
    assert len(server.calls) == asked, "members are kept one by one"


def test_offline_members_that_are_missing_are_named_at_once(server, web):
    server.route(STORE, ranged(pack()))
    fetch_members(web, fetch_directory(web, URL), list(FILES)[:1])
    offline = replace(web, offline=True)
    with pytest.raises(NotInCacheError) as caught:
        fetch_members(offline, fetch_directory(offline, URL), list(FILES)[:3])
    assert len(caught.value.faults) == 2
    assert list(FILES)[1] in caught.value.faults[0]


@pytest.mark.parametrize("comment", [b"", b"A comment at the end of the archive. " * 100])
def test_comments_and_large_archives(server, web, comment):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, body in FILES.items():
            # A member of unknown length is written with the records of ZIP64.
            with archive.open(name, "w", force_zip64=True) as target:
                target.write(body)
    server.route(STORE, ranged(buffer.getvalue()))
    name = "2025-05/2025-05-essex-street.csv"
    assert fetch_members(web, fetch_directory(web, URL), [name])[name].path.read_bytes() == FILES[name]


def test_the_end_records_of_zip64(server, web):
    """An archive whose directory is found by the ZIP64 end record alone, as those above 4 GiB are."""
    content = pack()
    end = content.rindex(b"PK\x05\x06")
    count, size, start = (
        struct.unpack("<H", content[end + 10 : end + 12])[0],
        *struct.unpack("<LL", content[end + 12 : end + 20]),
    )
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    classic = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    server.route(STORE, ranged(content[:end] + record + locator + classic))
    directory = fetch_directory(web, URL)
    assert len(directory.members) == len(FILES)
    name = "2025-06/2025-06-surrey-street.csv"
    assert fetch_members(web, directory, [name])[name].path.read_bytes() == FILES[name]


def test_a_server_without_ranges_sends_the_whole_once_and_it_is_said(server, tmp_path):
    content, said = pack(), []
    server.route(STORE, content)
    web = server.web(tmp_path / "cache", tell=said.append)
    directory = fetch_directory(web, URL)
    assert not directory.parts
    fetched = fetch_members(web, directory, FILES)
    assert {name: file.path.read_bytes() for name, file in fetched.items()} == FILES
    assert said == [f"{URL}: the server gives no parts of it, so that all {len(content):,} bytes must be fetched"]
    assert len(server.asked("amazonaws")) == 2


def test_an_archive_that_changed_meanwhile_is_not_mixed(server, web):
    server.route(STORE, ranged(pack()))
    directory = fetch_directory(web, URL)
    other = pack({name: body + b"more" for name, body in FILES.items()})
    server.route(STORE, ranged(other, etag='"two"'))
    with pytest.raises(InputError, match="the file has changed since its directory was read"):
        fetch_members(web, directory, list(FILES)[:1])
    # Without a tag it is the directory that tells.
    untagged = replace(directory, validator="", size=len(other))
    with pytest.raises(InputError, match="it has changed; run again"):
        fetch_members(web, untagged, list(FILES)[:1])


def test_a_cut_range_is_asked_for_again(server, web):
    content = pack()

    def answer(call):
        reply = ranged(content)(call)
        return replace(reply, cut_after=10) if call.number == 1 else reply

    server.route(STORE, answer)
    assert len(fetch_directory(web, URL).members) == len(FILES)


def test_a_damaged_member_is_named_and_not_kept(server, web):
    content = bytearray(pack(method=zipfile.ZIP_STORED))
    place = content.index(b"5 surrey")
    content[place] = ord("9")
    server.route(STORE, ranged(bytes(content)))
    directory = fetch_directory(web, URL)
    with pytest.raises(InputError) as caught:
        fetch_members(web, directory, FILES)
    (fault,) = caught.value.faults
    assert "2025-05/2025-05-surrey-street.csv is damaged" in fault
    assert fetch_members(web, directory, ["2025-05/2025-05-kent-street.csv"])


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:\\evil.csv", "a\\..\\evil.csv"]
)
def test_members_that_point_outside(server, web, name):
    assert points_outside(name)
    server.route(STORE, ranged(pack({name: b"x", **FILES})))
    with pytest.raises(InputError, match="points outside the archive"):
        fetch_directory(web, URL)


def test_names_inside_are_inside():
    assert not any(points_outside(name) for name in [*FILES, "a..b/c.csv", "a/b..csv"])


def test_a_member_twice(server, web):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("a.csv", b"1")
        archive.writestr("a.csv", b"2")
    server.route(STORE, ranged(buffer.getvalue()))
    with pytest.raises(InputError, match=r"'a\.csv' stands in its directory more than once"):
        fetch_directory(web, URL)


def test_a_bomb_is_not_unpacked(server, web, monkeypatch):
    bomb = {"bomb.csv": bytes(20 << 20), "good.csv": b"x" * 50}
    server.route(STORE, ranged(pack(bomb)))
    directory = fetch_directory(web, URL)
    with pytest.raises(InputError, match=r"bomb\.csv declares to unpack from .* as if made to fill a disk"):
        fetch_members(web, directory, ["bomb.csv"])
    assert fetch_members(web, directory, ["good.csv"])
    monkeypatch.setattr(remote_zip, "_LARGEST_MEMBER", 1 << 20)
    with pytest.raises(InputError, match="more than is unpacked"):
        fetch_members(web, directory, ["bomb.csv"])


def test_a_member_that_lies_about_its_size(server, web):
    """A bomb that declares a small size: unpacking stops there, and the CRC tells."""
    content = bytearray(pack({"small.csv": bytes(1 << 20)}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = content.rindex(signature) + offset
        content[place : place + 4] = struct.pack("<L", 100)
    server.route(STORE, ranged(bytes(content)))
    directory = fetch_directory(web, URL)
    assert directory.members[0].size == 100
    with pytest.raises(InputError, match=r"small\.csv is damaged"):
        fetch_members(web, directory, ["small.csv"])


def test_encrypted_and_unknown_compression(server, web):
    content = bytearray(pack({"a.csv": b"x" * 100}))
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    server.route(STORE, ranged(bytes(content)))
    with pytest.raises(InputError, match=r"a\.csv is encrypted"):
        fetch_members(web, fetch_directory(web, URL), ["a.csv"])
    server.route(STORE, ranged(pack({"a.csv": b"x" * 100}, method=zipfile.ZIP_BZIP2), etag='"bz"'))
    with pytest.raises(InputError, match=r"not read \(method 12\)"):
        fetch_members(web, fetch_directory(web, URL, max_age_days=0), ["a.csv"])


@pytest.mark.parametrize("content", [b"<html>not here</html>" * 10, b"PK\x03\x04 cut short", b""])
def test_what_is_no_archive(server, web, content):
    server.route(STORE, ranged(content) if content else Reply(b""))
    with pytest.raises(InputError, match="is no zip archive that can be read"):
        fetch_directory(web, URL)


def test_a_member_that_is_not_there(server, web):
    server.route(STORE, ranged(pack()))
    with pytest.raises(InputError, match=r"holds no nothing\.csv \(1 such\)"):
        fetch_members(web, fetch_directory(web, URL), ["nothing.csv"])


def test_the_same_files_give_the_same_bytes(tmp_path):
    for name, body in (("b", b"2"), ("a", b"1")):
        (tmp_path / name).write_bytes(body)
    files = {"x/b.csv": tmp_path / "b", "x/a.csv": tmp_path / "a"}
    one = write_zip(files, tmp_path / "one.zip").read_bytes()
    assert one == write_zip(dict(reversed(files.items())), tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["x/a.csv", "x/b.csv"]
        assert archive.read("x/a.csv") == b"1"
