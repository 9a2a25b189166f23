"""`fieldkit value` as people run it: report, page, init, exit codes, and the page of docs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fieldkit.value.mapfile import read
from tests.fieldkit.office import TABLES, office

DOCS = Path(__file__).resolve().parents[2] / "docs" / "value.md"
ALL = ("--jobs", "jobs.csv", "--lineage", "lineage.jsonl", "--exposures", "exposures.yml")


@pytest.fixture
def place(tmp_path):
    return office(tmp_path)


def test_the_report_counts_costs_people_and_what_to_stop(place, fieldkit):
    ran = fieldkit("value", "report", "map.yml", *ALL, "--json", "v.json", "--html", "v.html")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("\nThe page is written: v.html\n")
    assert "a month (30.4375 days of this log)" in " ".join(ran.stdout.split())
    told = json.loads((place / "v.json").read_text())["value"]
    tables = {one["table"]: one for one in told["tables"]}
    assert {name for name, one in tables.items() if one["used"] is False} == {"mart.paths"}
    assert told["stop"] == ["mart.paths"]
    bill = sum(180 * (cents + 1) for _, cents in TABLES.values()) + 180 * (3 + 1 + 2)
    assert told["bill"]["cents"] == told["allocation"]["cents"] == bill
    assert sum(one["cents"] for one in told["allocation"]["shares"]) == bill
    assert tables["mart.paths"]["cents"] == 180 * 102, "its runs and its tests"
    assert (tables["raw.orders"]["people"], tables["mart.board"]["people"]) == (352, 300)
    carried = {}
    for share in told["allocation"]["shares"]:
        carried[share["carried_by"]] = carried.get(share["carried_by"], 0) + share["cents"]
    assert carried["mart.paths"] == 180 * 102, "nobody reads it: it carries nothing of the others"
    assert set(told["portfolio"]["chosen"]) == {"returns", "ids"} and told["portfolio"]["optimal"]
    lines = {one["pipeline"]: one for one in told["lines"]}
    assert lines["board"]["money"] is False and round(lines["board"]["hours_a_month"], 1) == 60.7


def test_without_a_log_the_report_has_values_and_initiatives_alone(place, fieldkit):
    ran = fieldkit("value", "report", "map.yml", "--html", "v.html")
    assert ran.returncode == 0 and "No log was given" in ran.stdout and "spent" not in ran.stdout
    assert "carts" in ran.stdout and "What to do next" in ran.stdout


def test_a_view_over_a_pipelines_table_is_part_of_that_pipeline(place, fieldkit):
    view = {"run": {"runId": "v"}, "job": {"namespace": "dw", "name": "v"}}
    view |= {"inputs": [{"name": "mart.paths"}], "outputs": [{"name": "mart.paths_top"}]}
    with (place / "lineage.jsonl").open("a") as file:
        file.write(json.dumps(view) + "\n")
    fieldkit("value", "report", "map.yml", *ALL, "--json", "v.json")
    told = json.loads((place / "v.json").read_text())["value"]
    lines = {one["pipeline"]: one for one in told["lines"]}
    assert lines["paths"]["cost_cents_a_month"] == round(180 * 102 * 30.4375 / 180)
    assert told["allocation"]["cents"] == told["bill"]["cents"]


def test_no_report_names_an_account(place, fieldkit):
    names = ("v.json", "v.html", "v.xml", "v.sealed.json")
    options = dict(zip(("--json", "--html", "--junit", "--evidence"), names, strict=True))
    flat = [part for option in options.items() for part in option]
    ran = fieldkit("value", "report", "map.yml", *ALL, *flat)
    told = ran.stdout + ran.stderr + "".join((place / name).read_text() for name in names)
    assert not re.findall(r"(?:fay|mo)\d+|svc-|@shop", told)
    (place / "principals.csv").write_text("email,kind\nfay*,person\n")
    ran = fieldkit("value", "report", "map.yml", *ALL, *flat)
    told = ran.stdout + ran.stderr + "".join((place / name).read_text() for name in names)
    assert ran.returncode == 1 and "UNKNOWN" in told and not re.findall(r"mo\d+|svc-|@shop", told)
    assert "15 accounts are not classified" in " ".join(told.split())


class Page(HTMLParser):
    """What of a page needs another file, its figures, and its texts."""

    def __init__(self, text):
        super().__init__()
        self.outside, self.figures, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.outside += [given[name] for name in ("src", "href") if name in given]
        self.outside += [tag] if tag in ("script", "link", "iframe") else []
        if tag == "svg":
            self.figures.append(given)


def test_the_page_stands_alone_and_each_figure_says_what_it_shows(place, fieldkit):
    fieldkit("value", "report", "map.yml", *ALL, "--html", "v.html")
    text = (place / "v.html").read_text()
    page = Page(text)
    assert page.outside == [] and "http" not in text
    assert len(page.figures) == 3
    for figure in page.figures:
        assert figure["role"] == "img" and len(figure["aria-label"]) > 40 and figure["viewbox"]
    assert "2 of 5 pipelines bring more money than they cost" in page.figures[0]["aria-label"]
    # Colours come from the page, which has two sets of them; print and phone are the page's, too.
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.S))
    assert not re.findall(r"#[0-9a-fA-F]{3,6}\b|rgb\(", drawn) and "var(--good)" in drawn


def test_names_from_the_data_are_text_on_the_page(place, fieldkit):
    text = (place / "map.yml").read_text().replace("pipeline: carts", "pipeline: <b>x</b>&y")
    (place / "map.yml").write_text(text)
    fieldkit("value", "report", "map.yml", *ALL, "--html", "v.html")
    assert "<b>x" not in (place / "v.html").read_text()


def test_a_terminal_of_80_columns_and_a_pipe_hold_no_longer_line(place, fieldkit):
    for verb in ("report", "check"):
        ran = fieldkit("value", verb, "map.yml", *ALL)
        assert max(map(len, ran.stdout.splitlines())) <= 80 and "\x1b" not in ran.stdout
    ran = fieldkit("value", "init", "new.yml", "--jobs", "jobs.csv")
    assert max(map(len, ran.stdout.splitlines())) <= 80


def test_two_runs_say_the_same_whatever_the_hash_seed(place, fieldkit):
    seen = set()
    for seed in ("1", "2"):
        fieldkit("value", "report", "map.yml", *ALL, "--json", "v.json", PYTHONHASHSEED=seed)
        seen.add(json.dumps(json.loads((place / "v.json").read_text())["value"]))
    assert len(seen) == 1


def test_init_on_a_bare_export_calls_nothing_unused_and_drafts_a_map(tmp_path, fieldkit):
    office(tmp_path)
    bare = tmp_path / "bare"
    bare.mkdir()
    (tmp_path / "jobs.csv").rename(bare / "export.csv")
    ran = fieldkit("value", "init", "--jobs", "export.csv", cwd=bare)
    assert ran.returncode == 1 and "none of them is called unused" in " ".join(ran.stderr.split())
    (bare / "draft.yml").write_text(ran.stdout)
    found = read(bare / "draft.yml")
    assert [one.name for one in found.pipelines][:3] == ["stg.events", "paths", "raw.events"]
    assert len(found.open_accounts) == 55 and "unused" not in ran.stdout
    assert ran.stdout.count("nobody has classified") == len(TABLES)
    again = fieldkit("value", "init", "draft.yml", "--jobs", "export.csv", cwd=bare)
    assert again.returncode == 2 and "is there already" in again.stderr
    (tmp_path / "principals.csv").rename(bare / "principals.csv")
    known = fieldkit("value", "init", "known.yml", "--jobs", "export.csv", cwd=bare)
    assert known.returncode == 0 and "accounts:" not in (bare / "known.yml").read_text()
    assert "unused: 180 reads in 180 days, all by machines" in (bare / "known.yml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("init", "new.yml"), "--jobs: name the log of queries"),
        (("check", "nothing.yml"), "nothing.yml: No such file"),
        (("check", "map.yml", "--jobs", "nothing.csv"), "nothing.csv: there is no such file"),
        (("check", "map.yml", "--metrics", "none.yml"), "--metrics none.yml: there is no such"),
        (("report", "map.yml", *ALL, "--key", "love"), "--key love: there is: people, reads"),
        (("report", "map.yml", *ALL, "--price", "tib=1,2"), "--price tib=1,2: write UNIT=3.00"),
        (("report", "map.yml", *ALL, "--bi-columns", "x"), "--bi-columns x: write NAME=COLUMN"),
        (("report", "map.yml", *ALL, "--html", "metrics.yml"), "would overwrite metrics.yml"),
        (("report", "map.yml", *ALL, "--json", "jobs.csv"), "would overwrite jobs.csv"),
        (("check", "map.yml", "--lineage", "lineage.jsonl"), "--jobs: name the log of queries"),
        (("report", "map.yml", "--jobs", "lineage.jsonl"), "is not an export that is known"),
        (("report", "map.yml", "--jobs", "tasks.csv"), "is not an export that is known"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_one_line_and_exit_code_2(place, fieldkit, arguments, said):
    before = (place / "metrics.yml").read_text()
    ran = fieldkit("value", *arguments)
    assert ran.returncode == 2 and ran.stdout == ""
    assert said in ran.stderr and len(ran.stderr.splitlines()) == 1
    assert (place / "metrics.yml").read_text() == before


def _without_times(text):
    return re.sub(r"^(?:fieldkit value|again:).*\n(?:\S.*\n)*", "", text, flags=re.M)


def test_the_page_of_docs_does_what_it_says(tmp_path, fieldkit):
    page = DOCS.read_text(encoding="utf-8")
    first = page.partition("\n## What counts as use\n")[0]
    said, ran = "", []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", first, re.S | re.M):
        name = re.match(r"# (\S+)\n", block)
        if kind and name:
            (tmp_path / name[1]).write_text(block.partition("\n")[2], encoding="utf-8")
            continue
        commands = [line for line in block.splitlines() if line.startswith(("fieldkit", "python"))]
        for command in commands:
            line, _, code = command.partition("# exit ")
            if line.startswith("python"):
                subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
                continue
            if "report" in line:  # as the page says: with that number in the map
                right = (tmp_path / "map.yml").read_text().replace("15408000", "1284000")
                (tmp_path / "map.yml").write_text(right)
            done = fieldkit(*line.split()[1:])
            assert done.returncode == int(code), line + done.stdout + done.stderr
            said, _ = _without_times(done.stdout), ran.append(line.split()[2])
        if not commands and not block.startswith("pip"):
            assert block.strip() in said, said
    assert ran == ["init", "check", "report"]


def test_the_page_of_docs_names_every_option_and_only_those(fieldkit):
    page = DOCS.read_text(encoding="utf-8")
    told = "".join(fieldkit("value", verb, "--help").stdout for verb in ("init", "check", "report"))
    options = set(re.findall(r"(--[a-z][a-z-]+)", told)) - {"--help"}
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--only"} == options
