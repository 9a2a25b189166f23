"""A workflow that judges a learner's pages whenever they are pushed, with a judge of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook import catalog
from workbook.errors import UsageError, WorkbookError

GITHUB, GITLAB = Path(".github/workflows/workbook.yml"), Path(".gitlab-ci.yml")
ACTIONS = {  # pinned: a tag can be moved, a commit cannot
    "checkout": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "python": "actions/setup-python@0b93645e9fea7318ecaed2b359559ac225c90a2b # v5.3.0",
    "cache": "actions/cache@1bd1e32a3bdc45362d1e726936510720a7c30a57 # v4.2.0",
    "upload": "actions/upload-artifact@b4b15b8c7c6ac21ea08fcf65892d2ee8f75cf882 # v4.4.3",
}
_PYTHON = "3.12"
IGNORED = """\
# To git go the pages, modules beside them and workbook.toml; the record of what you tried, runs
# and kept answers stay here.
*
!.gitignore
!workbook.toml
!/*.ipynb
!/*.py
"""


@dataclass(frozen=True)
class Repository:
    """Where a learner's pages are pushed from. `work`: the folder with the pages, from its root."""

    root: Path
    work: str


@dataclass(frozen=True)
class Judge:
    """The checkout that judges: where it is, and which commit of it."""

    url: str
    commit: str

    @property
    def name(self) -> str:
        """OWNER/NAME; raises UsageError where that cannot be told from its address."""
        found = re.search(r"([\w.-]+/[\w.-]+?)(?:\.git)?/?$", self.url)
        if not found:
            raise UsageError(f"--judge {self.url}: OWNER/NAME, or the address of a repository")
        return found[1]


def repository(work: Path) -> Repository:
    """The git repository around the learner's pages; raises WorkbookError without one."""
    try:
        root = Path(_git(work, "rev-parse", "--show-toplevel"))
    except WorkbookError:
        raise WorkbookError(
            f"{work.name}/ is in no git repository: run `git init` in the folder above it"
        ) from None
    return Repository(root, work.resolve().relative_to(root.resolve()).as_posix())


def judge(url: str, commit: str) -> Judge:
    """The judge to pin: as it is told, else this checkout as it was fetched; raises UsageError."""
    root = catalog.root()
    try:
        url = url or _git(root, "remote", "get-url", "origin")
        commit = commit or _git(root, "rev-parse", "HEAD")
    except WorkbookError:
        raise UsageError(
            "where is the judge? Name it: --judge OWNER/operator-workbook --commit 40_HEX_DIGITS"
        ) from None
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise UsageError(f"--commit {commit}: the 40 hexadecimal digits of a commit, no branch")
    return Judge(url, commit)


def _git(folder: Path, *command: str) -> str:
    try:
        ran = subprocess.run(
            ["git", "-C", str(folder), *command], capture_output=True, text=True, check=False
        )
    except OSError:
        raise WorkbookError("git is not installed") from None
    if ran.returncode:
        raise WorkbookError(ran.stderr.strip() or f"git {command[0]} failed")
    return ran.stdout.strip()


def github(here: Repository, judging: Judge, options: Sequence[str], sandbox: bool) -> str:
    """A workflow of GitHub Actions."""
    grade = _grade(f"learner/{here.work}", options, '--summary "$GITHUB_STEP_SUMMARY"')
    box = _SANDBOX if sandbox else ""
    paths = f'{{paths: ["{here.work}/**", "{GITHUB.as_posix()}"]}}'
    return f"""\
# Judges the pages in {here.work}/ with a checkout of its own: a commit here cannot change a check.
name: workbook
on:
  push: {paths}
  pull_request: {paths}
permissions: {{contents: read}}
jobs:
  judge:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - uses: {ACTIONS["checkout"]}
        with: {{path: learner, persist-credentials: false}}
      - uses: {ACTIONS["checkout"]}
        with:
          repository: {judging.name}
          ref: {judging.commit}
          path: workbook
          persist-credentials: false
      - uses: {ACTIONS["python"]}
        with: {{python-version: "{_PYTHON}"}}
      - uses: {ACTIONS["cache"]}
        with:
          path: ~/.cache/uv
          key: uv-{_PYTHON}-${{{{ hashFiles('workbook/requirements.lock') }}}}
{box}      - run: |
          {_set_up("start.py", "--github", "::warning::")}
        working-directory: workbook
      - run: {grade}
      - uses: {ACTIONS["upload"]}
        if: always()
        with: {{name: results, path: results}}
"""


_SANDBOX = """\
      - name: A sandbox for the answers
        run: |
          sudo apt-get update -qq && sudo apt-get install -y -qq bubblewrap
          sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
"""


def gitlab(here: Repository, judging: Judge, options: Sequence[str], sandbox: bool) -> str:
    """A pipeline of GitLab."""
    grade = _grade(here.work, options, "")
    box = "    - apt-get update -qq && apt-get install -y -qq bubblewrap\n" if sandbox else ""
    url = judging.url if "://" in judging.url else f"https://gitlab.com/{judging.name}.git"
    return f"""\
# Judges the pages in {here.work}/ with a checkout of its own: a commit here cannot change a check.
workbook:
  image: python:{_PYTHON}
  timeout: 10 minutes
  rules:
    - changes: ["{here.work}/**/*", "{GITLAB.name}"]
  variables:
    GIT_DEPTH: "1"
    UV_CACHE_DIR: $CI_PROJECT_DIR/.uv-cache
  cache:
    key: uv-{_PYTHON}-{judging.commit}
    paths: [.uv-cache]
  script:
    - git init -q workbook
    - git -C workbook fetch -q --depth 1 {shlex.quote(url)} {judging.commit}
    - git -C workbook checkout -q FETCH_HEAD
{box}    - |
      {_set_up("workbook/start.py", "--gitlab", "")}
    - {grade}
  artifacts:
    when: always
    paths: [results]
    reports: {{junit: results/junit.xml}}
"""


def _set_up(start: str, kind: str, mark: str) -> str:
    """A line of shell that sets up for a judge; an older one, which cannot, is set up whole.

    `mark`: what has the service show a line beside the job.
    """
    told = (
        f"{mark}The pinned judge is older than this workflow: it is set up whole, which takes "
        f"longer. Pin a newer one: workbook ci {kind} --commit 40_HEX_DIGITS"
    )
    quick = f"grep -qs -e '\"--judge\"' {start} && echo --judge"
    return f"python {start} setup $({quick} || echo '{told}' >&2)"


def _grade(work: str, options: Sequence[str], more: str) -> str:
    told = ["workbook/.venv/bin/workbook", "grade", work, "--out", "results", *options]
    return " ".join([*map(shlex.quote, told), *filter(None, [more])])


def written(here: Repository, path: Path, text: str) -> list[Path]:
    """Write the workflow, and let git see the pages; returns what was changed."""
    changed = []
    for file, content in (
        (here.root / path, text),
        (here.root / here.work / ".gitignore", IGNORED),
    ):
        try:
            if not file.exists() or file.read_text(encoding="utf-8") != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
                changed.append(file.relative_to(here.root))
        except (OSError, UnicodeDecodeError) as error:
            raise WorkbookError(f"{file.name} cannot be written: {error}") from None
    return changed + _unhidden(here)


def _unhidden(here: Repository) -> list[Path]:
    """Where the repository itself hides the folder, as a copy of the workbook's does: not so."""
    asked = ["git", "-C", str(here.root), "check-ignore", "-q", f"{here.work}/workbook.toml"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        return []
    file = here.root / ".gitignore"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(f"{before.rstrip()}\n!/{here.work}/\n".lstrip(), encoding="utf-8")
    return [file.relative_to(here.root)]
