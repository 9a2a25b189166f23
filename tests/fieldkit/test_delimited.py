"""A CSV file that a kill has cut off is read with its own columns, not sniffed anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fieldkit.prove import story
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from fieldkit.state.compare import Comparison
from fieldkit.state.scope import Scope
from fieldkit.state.stores import identify

PLAIN = "id,day,amount\n" + "".join(
    f"{i},2026-11-{1 + i % 28:02d},{i * 1.5}\n" for i in range(4000)
)
NOTES = "id,note\n" + "".join(f'{i},"x, ""y""\n{i}"\n' for i in range(4000))
SEMICOLONS = PLAIN.replace(",", ";").replace(".", ",")


def compared(tmp_path: Path, text: str, cut: int):
    for side, content in (("whole", text), ("torn", text[:cut])):
        (tmp_path / side / "lake").mkdir(parents=True)
        (tmp_path / side / "lake" / "orders.csv").write_text(content)
    places = [[tmp_path / side / "lake"] for side in ("whole", "torn")]
    comparison = Comparison([identify(places[0][0])], Scope(), tmp_path / "scratch")
    pictures = [comparison.look(place) for place in places]
    (delta,) = comparison.deltas(*places, *pictures)
    return delta, pictures


@pytest.mark.parametrize("text", [PLAIN, NOTES, SEMICOLONS], ids=["plain", "quoted", "semicolons"])
@pytest.mark.parametrize("part", [0.001, 0.25, 0.4999, 0.75])
def test_the_rows_that_are_there_are_counted(tmp_path, text, part):
    cut = max(30, int(len(text) * part))
    whole_rows = text[:cut].count('"\n') // 2 if text is NOTES else text[:cut].count("\n") - 1
    delta, (whole, torn) = compared(tmp_path, text, cut)
    assert whole["lake"].shape.columns == torn["lake"].shape.columns
    assert not delta.note and abs(delta.same - whole_rows) <= 1


@pytest.mark.parametrize("cut", [0, 5])
def test_a_file_without_a_whole_header_is_an_empty_table(tmp_path, cut):
    delta, _ = compared(tmp_path, PLAIN, cut)
    assert (delta.note, delta.kind) == ("is empty, without its 4,000 rows", "lost")


def test_a_killed_download_behind_test_s_says_how_many_rows(tmp_path):
    """As `test -s orders.csv || curl -o orders.csv`: a part counts as done."""
    script = (
        "import os, sys, time\n"
        "path = sys.argv[1] + '/orders.csv'\n"
        "if os.path.exists(path) and os.path.getsize(path): sys.exit()\n"
        f"text = open({str(tmp_path / 'source.csv')!r}).read()\n"
        "with open(path, 'w') as file:\n"
        "    for at in range(0, len(text), 20000):\n"
        "        file.write(text[at:at + 20000]); file.flush(); time.sleep(0.05)\n"
    )
    (tmp_path / "source.csv").write_text(PLAIN)
    (tmp_path / "get.py").write_text(script)
    (tmp_path / "lake").mkdir()
    argv = [sys.executable, str(tmp_path / "get.py"), "{state}"]
    proof = prove(argv, [tmp_path / "lake"], settings=Settings(0, 2, patience=20))
    text = " ".join(report.to_text(story.report_of(proof)).split())
    assert proof.verdict == "REFUTED"
    assert "rows instead of 4,000" in text and "column" not in text.split("What to do")[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_does_not_block(tmp_path, fieldkit):
    (tmp_path / "lake").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "lake" / "orders.csv")
    ran = fieldkit("prove", "--state", tmp_path / "pipe", "--", "true", timeout=120)
    assert (ran.returncode, "neither a file nor a folder" in ran.stderr) == (2, True)
    ran = fieldkit("prove", "--state", tmp_path / "lake", "--", "true", timeout=120)
    assert ran.returncode == 2 and "wrote nothing to its state" in ran.stderr, ran.stderr
