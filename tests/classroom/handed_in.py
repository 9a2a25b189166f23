"""What learners hand in: twelve that a class has, on one lab, and broken input of every kind."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

from workbook import catalog, pages, workspace
from workbook.progress import Progress
from workbook.results import Finding, Result, Verdict

TASKS = ["mask", "release-gate"]  # cheap ones: a function, and a text
MASK, GATE = map(catalog.find, TASKS)
LAB = MASK.lab


def wrong(exercise, number=0):
    """A planted wrong answer's text."""
    return [s for s in exercise.sections if s.kind == "wrong"][number].text


def home(folder: Path, learner: str, answers=None, *extra, seed=None) -> Path:
    """A learner's workspace with step 5, in which these answers stand; `extra`: cells first."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = workspace.seed_of(learner) if seed is None else seed
    workspace.start(folder, [LAB.page], learner, seed)
    page_with(folder / LAB.page.name, answers or {}, *extra)
    return folder


def page_with(path: Path, answers, *extra) -> None:
    """Put answers into a page, and cells of one's own before its first exercise."""
    page = pages.read(path)
    for name, text in answers.items():
        pages.place(page, name, text)
    at = pages.answer_cells(page, "mask")[0]
    made = [
        {"cell_type": "code", "source": e, "metadata": {}, "outputs": [], "execution_count": None}
        for e in extra
    ]
    page["cells"][at:at] = made
    pages.write(path, page)


def right(*exercises):
    """The reference of each."""
    return {e.id: e.reference.text for e in exercises}


def other(exercise):
    """A right answer that is not the reference."""
    return next(s.text for s in exercise.sections if s.kind == "other")


ENDLESS = '@lab.exercise("mask")\ndef mask(value, rule, key):\n    while True:\n        pass\n'


def twelve(folder: Path) -> Path:
    """Twelve submissions: see classroom_build, "Done when"."""
    page = LAB.page.name
    home(folder / "k01-nothing", "k01")
    home(folder / "k02-half", "k02", {MASK.id: other(MASK)}, "import time\ntime.sleep(600)")
    home(folder / "k03-right", "k03", {MASK.id: other(MASK), GATE.id: other(GATE)})
    home(folder / "k04-wrong", "k04", {MASK.id: wrong(MASK), GATE.id: wrong(GATE)})
    home(folder / "k05-copied", "k05", right(MASK, GATE))
    cut = home(folder / "k06-truncated", "k06", right(MASK)) / page
    cut.write_bytes(cut.read_bytes()[:20_000])
    home(folder / "k07-loop", "k07", {MASK.id: ENDLESS, GATE.id: other(GATE)})
    early = "import a_package_that_nobody_has\nLIMIT = 3"
    needs = "assert LIMIT\n" + other(MASK)
    home(folder / "k08-import", "k08", {MASK.id: needs, GATE.id: other(GATE)}, early)
    _as_colab(home(folder / "k09-colab", "k09", {MASK.id: other(MASK)}) / page)
    renamed = home(folder / "k10-renamed", "k10", {GATE.id: other(GATE)})
    (renamed / page).rename(renamed / "final FINAL (2).ipynb")
    zipped = home(folder / "zip", "k11", {MASK.id: wrong(MASK, 1)})
    shutil.make_archive(str(folder / "kim"), "zip", zipped.parent, "zip")
    shutil.rmtree(zipped)
    (folder / "mask.py").write_text(other(MASK).replace('@lab.exercise("mask")\n', ""))
    return folder


def _as_colab(path: Path) -> None:
    """A page as Colab saves it: other ids, its own metadata, no tags, widgets."""
    page = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(page["cells"]):
        cell["metadata"] = {"id": f"x{number}", "colab": {"base_uri": "x"}}
        cell.pop("id", None)
    page["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    page["nbformat_minor"] = 0
    path.write_text(json.dumps(page), encoding="utf-8")


def recorded(folder: Path, exercise, verdicts, findings=("", "")) -> None:
    """A record in a workspace: these verdicts, one after the other, each of another text."""
    record = Progress(folder / "progress.db")
    for number, verdict in enumerate(verdicts):
        found = tuple(Finding(one, "seen") for one in findings if one)
        result = Result(exercise.id, exercise.title, Verdict(verdict), found)
        record.attempt(result, 7, f"text {number}", 1.0)
    record.close()


def digests(folder: Path) -> dict[str, str]:
    """Every regular file of a folder with a digest of its bytes."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.is_symlink()
    }


def broken(folder: Path) -> list[str]:
    """Input that is broken in every way that was thought of; the names of the entries."""
    page = LAB.page.read_text(encoding="utf-8")
    told = json.loads(page)
    _zip(folder / "slip.zip", {"../../slipped.py": "x = 1", "/etc/mask.py": "x = 1"})
    _zip(folder / "bomb.zip", {"05_defensive_governance.ipynb": b"0" * (120 * 2**20)})
    (folder / "not-a.zip").write_bytes(b"PK\x03\x04 no zip")
    old = {"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": []}]}
    (folder / "v3.ipynb").write_text(json.dumps(old))
    (folder / "v40.ipynb").write_text(json.dumps(told | {"nbformat_minor": 0}))
    (folder / "not-json.ipynb").write_text("[1, 2")
    (folder / "deep.ipynb").write_text("[" * 100_000)
    (folder / "list.ipynb").write_text("[1, 2]")
    (folder / "null-metadata.ipynb").write_text(
        json.dumps(told | {"cells": [c | {"metadata": None} for c in told["cells"]]})
    )
    (folder / "latin1.ipynb").write_bytes(
        page.replace("The", "Thé", 1).encode("latin-1", "replace")
    )
    (folder / "bom.ipynb").write_bytes(b"\xef\xbb\xbf" + page.encode())
    (folder / "surrogate.ipynb").write_text(
        page.replace('"cells": [', '"cells": [{"cell_type": "code", "source": "\\ud800", '
                     '"metadata": {}, "outputs": []}, ', 1)
    )  # fmt: skip
    (folder / "=cmd|calc.ipynb").write_text(page)
    (folder / "line\nbreak.py").write_text("x = 1")
    (folder / "grades.xlsx").write_bytes(b"PK")
    (folder / "empty").mkdir()
    (folder / "empty-file.ipynb").write_text("")
    (folder / "loose").symlink_to("/etc")
    linked = folder / "linked"
    linked.mkdir()
    (linked / "mask.py").symlink_to("/etc/hostname")
    os.mkfifo(linked / "release_gate.yml")
    os.mkfifo(folder / "pipe.ipynb")
    toml = folder / "toml"
    toml.mkdir()
    (toml / "workbook.toml").write_text("learner = \nseed = 1e400")
    outputs = home(folder / "outputs", "out")
    _with_outputs(outputs / LAB.page.name, told)
    record = home(folder / "record", "rec")
    con = sqlite3.connect(record / "progress.db")
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n)"
    con.execute(f"create view attempts as {endless} select i as at, i as exercise from n")
    con.commit()
    con.close()
    _odder(folder, told)
    return sorted(path.name for path in folder.iterdir())


def _odder(folder: Path, told) -> None:
    """More of it: names that meet, sizes, notes of a time to come."""
    right = other(MASK)
    _zip(folder / "case.zip", {"Mask.py": wrong(MASK), "mask.py": wrong(MASK)})
    _zip(folder / "inner.zip", {"mask.py": right})
    _zip(folder / "nested.zip", {"inner.zip": (folder / "inner.zip").read_bytes()})
    (folder / "inner.zip").unlink()
    many = [{"cell_type": "code", "source": f"x = {n}", "metadata": {}, "outputs": []}
            for n in range(10_000)]  # fmt: skip
    (folder / "many-cells.ipynb").write_text(json.dumps(told | {"cells": told["cells"] + many}))
    (folder / "nan.ipynb").write_text(json.dumps(told | {"metadata": {"x": float("nan")}}))
    odd = [cell | {"metadata": ["a", 1]} for cell in told["cells"]]
    (folder / "metadata.ipynb").write_text(json.dumps(told | {"metadata": 3, "cells": odd}))
    home(folder / "new\nline", "two")
    for name in ("two-a", "two-b"):
        home(folder / name, "two")
    future = home(folder / "future", "fut")
    recorded(future, MASK, ["TRY AGAIN", "TRY AGAIN"])
    with closing(sqlite3.connect(future / "progress.db")) as con, con:
        con.execute("update attempts set at = '9999-12-31T23:59:59.999999+00:00'")
    newer = home(folder / "newer", "new")
    recorded(newer, MASK, ["TRY AGAIN"])
    with closing(sqlite3.connect(newer / "progress.db")) as con, con:
        con.execute("pragma user_version = 99")
        con.execute("alter table attempts add column mood text")


def _with_outputs(path: Path, told) -> None:
    text = {"output_type": "stream", "name": "stdout", "text": "x" * (30 * 2**20)}
    cells = [c | {"outputs": [text]} if c["cell_type"] == "code" else c for c in told["cells"][:4]]
    path.write_text(json.dumps(told | {"cells": cells + told["cells"][4:]}))


def _zip(path: Path, files) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
