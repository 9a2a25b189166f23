"""Workflows: valid, pinned, without secrets; their steps run on a repository made from scratch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.classroom import handed_in
from tests.classroom.conftest import ROOT
from tests.classroom.handed_in import LAB, MASK

JUDGE = ["--judge", "https://example.org/team/operator-workbook.git", "--commit", "a1" * 20]


def git(folder, *command):
    given = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y", *command]
    return subprocess.run(given, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path):
    """A repository of a learner's own, with a page, a record and a run in work/."""
    root = tmp_path / "second repository"
    home = handed_in.home(root / "work", "ada", {MASK.id: handed_in.other(MASK)})
    handed_in.recorded(home, MASK, ["PASSED"])
    (home / "runs").mkdir()
    (home / "runs/old.ipynb").write_text("{}")
    git(root, "init", "-q")
    return root


def made(workbook, root, *options):
    ran = workbook("ci", *options, *JUDGE, cwd=root, WORKBOOK_HOME=str(root / "work"))
    assert ran.code == 0, ran.err
    return ran


def test_github_s_workflow_is_pinned_and_asks_for_nothing(workbook, repository):
    made(workbook, repository, "--github", "--require", "step5_governance:core")
    text = (repository / ".github/workflows/workbook.yml").read_text()
    told = yaml.safe_load(text.replace("\non:", '\n"on":'))
    assert set(told["on"]) == {"push", "pull_request"}
    assert told["permissions"] == {"contents": "read"}
    assert "secrets." not in text and "pull_request_target" not in text
    used = [step["uses"] for step in told["jobs"]["judge"]["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)
    judge = told["jobs"]["judge"]["steps"][1]["with"]
    assert (judge["repository"], judge["ref"]) == ("team/operator-workbook", "a1" * 20)


def test_what_git_sees_is_the_pages_and_no_record(workbook, repository):
    made(workbook, repository, "--github")
    git(repository, "add", "-A")
    seen = git(repository, "ls-files").split("\n")
    assert sorted(filter(None, seen)) == [
        ".github/workflows/workbook.yml",
        "work/.gitignore",
        f"work/{LAB.page.name}",
        "work/workbook.toml",
    ]


def test_a_fork_of_the_workbook_hides_its_pages_no_longer(workbook, repository):
    (repository / ".gitignore").write_text(".venv/\n/work/\n")
    ran = made(workbook, repository, "--gitlab")
    assert "written: .gitignore" in ran.out
    git(repository, "add", "-A")
    assert f"work/{LAB.page.name}" in git(repository, "ls-files")
    assert "progress.db" not in git(repository, "ls-files")


def test_start_leaves_the_rewritten_gitignore_alone(workbook, repository):
    made(workbook, repository, "--github")
    before = (repository / "work/.gitignore").read_text()
    assert workbook("start", WORKBOOK_HOME=str(repository / "work")).code == 0
    assert (repository / "work/.gitignore").read_text() == before


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not there")
def test_the_steps_run_on_a_clone(workbook, repository, tmp_path):
    made(workbook, repository, "--github", "--lab", "5", "--require", "step5_governance:mask")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "my pages")
    place = tmp_path / "runner"
    place.mkdir()
    git(place, "clone", "-q", repository, "learner")
    (place / "workbook").symlink_to(ROOT)
    text = (place / "learner/.github/workflows/workbook.yml").read_text()
    steps = [s for s in yaml.safe_load(text)["jobs"]["judge"]["steps"] if "run" in s]
    assert [s["run"].split()[1] for s in steps] == ["start.py", "grade"]
    environment = os.environ | {"GITHUB_STEP_SUMMARY": str(place / "summary.md")}
    here = f"""'{sys.executable}' -c 'from workbook.cli import main; main()'"""
    command = steps[1]["run"].replace("workbook/.venv/bin/workbook", here)
    ran = subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Required: all met" in (place / "summary.md").read_text()
    assert (place / "results/junit.xml").is_file()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not there")
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("kind", ["--github", "--gitlab"])
def test_a_judge_that_is_older_than_the_workflow_is_set_up_whole(
    workbook, repository, tmp_path, kind, old
):
    made(workbook, repository, kind)
    told = repository / (
        ".gitlab-ci.yml" if kind == "--gitlab" else ".github/workflows/workbook.yml"
    )
    told = yaml.safe_load(told.read_text())
    if kind == "--gitlab":
        [line] = [one for one in told["workbook"]["script"] if "start.py" in one]
        start = tmp_path / "workbook/start.py"
    else:
        [line] = [
            s["run"] for s in told["jobs"]["judge"]["steps"] if "start.py" in s.get("run", "")
        ]
        start = tmp_path / "start.py"
    start.parent.mkdir(exist_ok=True)
    # An option that a start.py does not have ends it: as those did that had no --judge.
    knows = "" if old else 'one.add_argument("--judge", action="store_true")'
    start.write_text(
        f"import argparse\none = argparse.ArgumentParser()\none.add_argument('run')\n{knows}\n"
        "print(sorted(vars(one.parse_args())))\n"
    )
    line = line.replace("python ", f"'{sys.executable}' ", 1)
    ran = subprocess.run(
        ["bash", "-e", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "['run']\n" if old else "['judge', 'run']\n")
    said = ran.stderr.splitlines()
    assert len(said) == old, said
    assert not old or f"Pin a newer one: workbook ci {kind} --commit" in said[0]


def test_this_judge_is_known_by_its_option():
    assert '"--judge"' in (ROOT / "start.py").read_text(encoding="utf-8")


def test_gitlab_s_pipeline_reads_as_one(workbook, repository):
    made(workbook, repository, "--gitlab", "--require", "mask", "--sandbox")
    told = yaml.safe_load((repository / ".gitlab-ci.yml").read_text())["workbook"]
    assert told["artifacts"]["reports"] == {"junit": "results/junit.xml"}
    assert all(isinstance(line, str) for line in told["script"])
    assert f"https://example.org/team/operator-workbook.git {'a1' * 20}" in told["script"][1]
    assert any("bubblewrap" in line for line in told["script"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "name one of the two"),
        (["--github", "--gitlab"], "name one of the two"),
        (["--github", "--require", "no-such"], "there is no exercise 'no-such'"),
        (["--github", "--commit", "main"], "40 hexadecimal digits"),
    ],
)
def test_what_cannot_be_written_is_one_line(workbook, repository, options, said):
    told = ["ci", *JUDGE[:2], *options]
    ran = workbook(*told, cwd=repository, WORKBOOK_HOME=str(repository / "work"))
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
