"""What some of two hundred learners hand in: packed, exported, saved elsewhere, named anyhow."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.classroom.handed_in import GATE, LAB, MASK, home, other, recorded, wrong
from workbook import pages
from workbook.submission import text_in

PAGE = LAB.page.name
STEM = PAGE.removesuffix(".ipynb")
RIGHT, TRY, ABSENT = "PASSED", "TRY AGAIN", "NOT HANDED IN"
NOT_YET, BROKEN = "NOT YET", "UNREADABLE"
HONEST = {"k03": {MASK.id: other(MASK), GATE.id: other(GATE)},
          "k04": {MASK.id: wrong(MASK), GATE.id: wrong(GATE)}}  # fmt: skip
WARNS = """
import sys, warnings
warnings.warn("this is old", DeprecationWarning)
print("shown", file=sys.stderr)
"""


class Odd(NamedTuple):
    """What release-gate comes to, and a note of the row, "" where there is to be none."""

    verdict: str
    note: str = ""


def made(folder: Path) -> dict[str, Odd]:
    """Make all of them, each an entry of the folder; by name, what is expected."""
    folder.mkdir(parents=True)
    for learner, answers in HONEST.items():
        home(folder / learner, learner, answers)
    recorded(folder / "k03", MASK, ["PASSED"], ["redact-shows"])
    recorded(folder / "k04", MASK, ["TRY AGAIN"] * 3, ["redact-shows"])
    shipped = home(folder / "scratch", "scratch", {GATE.id: other(GATE)})
    page = (shipped / PAGE).read_bytes()
    untouched = LAB.page.read_bytes()
    shutil.rmtree(folder / "scratch")
    expected = dict[str, Odd]()
    for makes in (_names, _zips, _tars, _folders, _saved_elsewhere, _cells, _exports):
        expected |= dict(makes(folder, page, untouched))
    return expected


Made = Iterator[tuple[str, Odd]]


def _names(folder: Path, page: bytes, _: bytes) -> Made:
    """A page by itself, or an answer, by any name."""
    for name in (
        "Anna Schmidt 🚀 final FINAL (2).ipynb",
        os.fsdecode(b"M\xfcller \xe4.ipynb"),  # Windows-1252, on a system of UTF-8
        f"{STEM}.ipynb.txt",
        f"{STEM}.ipynb.json",
        "no-ending-but.IPYNB",
    ):
        try:
            (folder / name).write_bytes(page)
        except OSError:  # a system that has names in UTF-8 only
            continue
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield shown.replace("\ufffd", "?"), Odd(RIGHT)
    text = text_in(other(GATE), GATE.id)
    for name in ("release_gate (1).yml", "Release-Gate - Copy.yml"):
        (folder / name).write_text(text)
        yield name, Odd(RIGHT)
    (folder / "release_gate.yml").write_text("")
    yield "release_gate.yml", Odd(NOT_YET)


def _zips(folder: Path, page: bytes, _: bytes) -> Made:
    """Zips of every make."""
    mac = {f"work/{PAGE}": page, f"__MACOSX/work/._{PAGE}": b"\0\5\x16\7", "work/.DS_Store": b"x"}
    yield "mac.zip", _zip(folder / "mac.zip", mac, Odd(RIGHT))
    yield (
        "odd-names.zip",
        _zip(folder / "odd-names.zip", {"Übung 🚀/Seite.ipynb": page}, Odd(RIGHT)),
    )
    old = _zipped({"\u00fcbung.ipynb": page})
    flags = old.replace("\u00fcbung".encode(), b"\xfc\xfcbung")  # not UTF-8, and says that it is
    (folder / "names-lie.zip").write_bytes(flags)
    yield "names-lie.zip", Odd(BROKEN, "it is not a zip that can be read")
    inner = _zipped({PAGE: page})
    yield "lms.zip", _zip(folder / "lms.zip", {"Anna/1/submission.zip": inner}, Odd(RIGHT))
    third = _zipped({"c.zip": inner})
    told = Odd(ABSENT, "is an archive too many in another")
    yield "three-deep.zip", _zip(folder / "three-deep.zip", {"b.zip": third}, told)
    many = {f"{n}.zip": inner for n in range(9)}
    yield "nine.zip", _zip(folder / "nine.zip", many, Odd(RIGHT, "an archive too many"))
    (folder / "locked.zip").write_bytes(_locked(inner))
    yield "locked.zip", Odd(BROKEN, "it is locked with a password")
    (folder / "nothing.zip").write_bytes(b"")
    yield "nothing.zip", Odd(BROKEN, "it is not a zip that can be read")
    (folder / "cut.zip").write_bytes(inner[: len(inner) // 2])
    yield "cut.zip", Odd(BROKEN, "it is not a zip that can be read")
    (folder / "really-a-page.zip").write_bytes(page)
    yield "really-a-page.zip", Odd(BROKEN, "it is not a zip that can be read")


def _tars(folder: Path, page: bytes, _: bytes) -> Made:
    """Tars, and archives that are not opened."""
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w:gz") as archive:
        for name, content in ((f"work/{PAGE}", page), ("../release_gate.yml", b"x: 1")):
            one = tarfile.TarInfo(name)
            one.size = len(content)
            archive.addfile(one, io.BytesIO(content))
        link = tarfile.TarInfo("work/mask.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    (folder / "work.tar.gz").write_bytes(told.getvalue())
    yield "work.tar.gz", Odd(RIGHT, "work/mask.py is a link, which is not followed")
    (folder / "work.tar").write_bytes(gzip.decompress(told.getvalue()))
    yield "work.tar", Odd(RIGHT, "../release_gate.yml leads out of the archive: left out")
    (folder / "cut.tgz").write_bytes(told.getvalue()[:400])
    yield "cut.tgz", Odd(BROKEN, "it is not a tar that can be read")
    for name in ("work.rar", "work.7z"):
        (folder / name).write_bytes(b"Rar!\x1a\7")
        yield name, Odd(BROKEN, "an archive of this kind is not opened: hand in a .zip")


def _folders(folder: Path, page: bytes, untouched: bytes) -> Made:
    """Folders with too much in them, or with too little."""
    _files(folder / "onedrive", {PAGE: untouched, f"{STEM} (1).ipynb": page})
    yield "onedrive", Odd(RIGHT, f"release-gate is in 2 files; {STEM} (1).ipynb counts")
    newer = {PAGE: _with({GATE.id: wrong(GATE)}), "mine/final.ipynb": page}
    _files(folder / "two-pages", newer)
    os.utime(folder / "two-pages" / PAGE, (1, 1))
    yield "two-pages", Odd(RIGHT, "release-gate is in 2 files; mine/final.ipynb counts")
    hidden = f".ipynb_checkpoints/{STEM}-checkpoint.ipynb"
    _files(folder / "checkpoints", {PAGE: page, hidden: _with({GATE.id: wrong(GATE)})})
    yield "checkpoints", Odd(RIGHT)
    _files(folder / "deep", {f"{'a/' * 12}{PAGE}": page})
    yield "deep", Odd(ABSENT, "lies too deep: not looked into")
    junk = {"Thumbs.db": b"x", "desktop.ini": b"x", "grades.xlsx": b"PK\3\4", f"mine/{PAGE}": page}
    _files(folder / "windows", junk)
    yield "windows", Odd(RIGHT)
    for name in ("twice-a", "twice-b"):
        home(folder / name, "k77", {GATE.id: other(GATE)})
    yield "twice-a", Odd(RIGHT)
    yield "twice-b", Odd(RIGHT, "another entry is k77, too")
    checkout = folder / "checkout/operator-workbook"
    ignored = shutil.ignore_patterns("__pycache__", "world", "checks")
    shutil.copytree(LAB.folder, checkout / "labs" / LAB.id, ignore=ignored)
    _files(
        checkout, {f"notebooks/{PAGE}": untouched, f"work/{PAGE}": _with({GATE.id: wrong(GATE)})}
    )
    yield "checkout", Odd(TRY, "a whole checkout of the workbook: only its pages are looked at")


def _saved_elsewhere(folder: Path, page: bytes, _: bytes) -> Made:
    """Pages as other programs save them."""
    code = {"language_info": {"name": "python"}}
    kaggle = {"kaggle": {"accelerator": "none", "dataSources": []}}
    brick = {"application/vnd.databricks.v1+notebook": {"dashboards": [], "widgets": {}}}
    for name, metadata, cell in (
        ("vscode", code, {"vscode": {"languageId": "python"}}),
        (
            "kaggle",
            kaggle,
            {"_uuid": "8f2839f25d086af7", "_cell_guid": "b1076dfc", "trusted": True},
        ),
        ("databricks", brick, {"application/vnd.databricks.v1+cell": {"nuid": "x", "title": ""}}),
        ("other-kernel", {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, {}),
    ):
        _dumped(folder / f"{name}.ipynb", page, metadata, cell)
        yield f"{name}.ipynb", Odd(RIGHT)
    (folder / "utf16.ipynb").write_bytes(page.decode().encode("utf-16"))
    yield "utf16.ipynb", Odd(RIGHT)
    (folder / "crlf.ipynb").write_bytes(page.replace(b"\n", b"\r\n"))
    yield "crlf.ipynb", Odd(RIGHT)
    lines = page.decode().split("\n")
    lines[40:40] = ["<<<<<<< HEAD", '   "metadata": {},', "=======", ">>>>>>> theirs"]
    (folder / "conflict.ipynb").write_text("\n".join(lines))
    yield (
        "conflict.ipynb",
        Odd(BROKEN, "both sides of a conflict that git could not merge (line 41)"),
    )


def _dumped(path: Path, page: bytes, metadata: dict, cell: dict) -> None:
    told = json.loads(page)
    for number, one in enumerate(told["cells"]):
        one["metadata"] = one["metadata"] | cell
        one["id"] = f"saved-{number}"
    path.write_text(json.dumps(told | {"metadata": metadata}))


def _cells(folder: Path, page: bytes, _: bytes) -> Made:
    """Cells that are there twice, gone, renamed, in the way, or loud."""
    told = json.loads(page)
    at = pages.answer_cells(pages.read(LAB.page), GATE.id)[0]
    first = told["cells"][at] | {"source": wrong(GATE), "id": "first"}
    _page(folder / "doubled.ipynb", told, [*told["cells"][:at], first, *told["cells"][at:]])
    yield "doubled.ipynb", Odd(RIGHT)
    _page(folder / "deleted.ipynb", told, told["cells"][:at] + told["cells"][at + 1 :])
    yield "deleted.ipynb", Odd(NOT_YET)
    other_id = other(GATE).replace(GATE.id, "release_gate")
    again = [*told["cells"][:at], first | {"source": other_id}, *told["cells"][at + 1 :]]
    _page(folder / "other-id.ipynb", told, again)
    yield "other-id.ipynb", Odd(NOT_YET)
    answers = {GATE.id: other(GATE), MASK.id: WARNS + other(MASK)}
    home(folder / "warns-and-raises", "k88", answers, "import nobody_has_this", "1 / 0")
    yield "warns-and-raises", Odd(RIGHT)


def _page(path: Path, told: dict, cells: list) -> None:
    path.write_text(json.dumps(told | {"cells": cells}))


def _exports(folder: Path, _: bytes, __: bytes) -> Made:
    """What was exported from a page, and is not one."""
    why = "it is an export for reading: hand in the page itself, the .ipynb"
    _files(folder / "exported", {"page.html": b"<html>", "page.pdf": b"%PDF"})
    yield "exported", Odd(ABSENT, f"page.html: {why}")
    for name in ("page.html", "essay.pdf"):
        (folder / name).write_bytes(b"<html>")
        yield name, Odd(BROKEN, why)


def _with(answers: dict[str, str]) -> bytes:
    """The page of step 5 with these answers."""
    page = pages.read(LAB.page)
    for name, text in answers.items():
        pages.place(page, name, text)
    return json.dumps(page).encode()


def _files(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _zipped(files: dict[str, bytes]) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return told.getvalue()


def _zip(path: Path, files: dict[str, bytes], told: Odd) -> Odd:
    path.write_bytes(_zipped(files))
    return told


def _locked(packed: bytes) -> bytes:
    """A zip whose files say that a password is needed."""
    whole = bytearray(packed)
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        whole[packed.index(mark) + at] |= 1
    return bytes(whole)
