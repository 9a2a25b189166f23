"""Evidence for a path: of this policy and application, unchanged, and by its own answers."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
import yaml

from tests.fieldkit.test_govern_access import Desk


@pytest.fixture
def desk(tmp_path, fieldkit):
    return Desk(tmp_path, fieldkit)


def sealed(document: dict) -> str:
    """The document with the seal that fits it, as somebody would make it who knows how."""
    plain = {key: one for key, one in document.items() if key != "seal"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True)
    return json.dumps({**plain, "seal": "sha256:" + hashlib.sha256(text.encode()).hexdigest()})


class Gate:
    """Paths whose evidence is a report of the desk's application."""

    def __init__(self, desk, **change) -> None:
        self.desk, self.file = desk, desk.folder / "report.sealed"
        self.policy = desk.folder / "policy.yml"
        self.policy.write_text("{classes: {orders.n: key}, roles: {intern: {}}}")
        self.path = {
            "name": "chat", "application": "askops", "principal": "user", "objects": ["orders"],
            "evidence": "report.sealed",
        }  # fmt: skip

    def ask(self, who: str, policy: bool = True) -> None:
        options = ("--policy", "policy.yml") if policy else ()
        ran = self.desk.run("--as", who, options=("--evidence", "report.sealed", *options))
        assert ran.returncode == (who == "bot"), ran.stderr

    def says(self, **change) -> str:
        paths = [{**self.path, **change}]
        (self.desk.folder / "paths.yml").write_text(yaml.safe_dump(paths))
        ran = self.desk.fieldkit("govern", "gate", "--paths", "paths.yml")
        assert ran.returncode == (ran.stdout.lstrip().startswith("REFUSED")), ran.stdout
        found = re.search(r"its evidence, \S+, (.*?) What to do", " ".join(ran.stdout.split()))
        return found[1] if found else ""

    def edit(self, change) -> str:
        document = json.loads(self.file.read_text())
        change(document)
        self.file.write_text(json.dumps(document))
        return self.says()


@pytest.fixture
def judged(desk):
    return Gate(desk)


def test_evidence_is_of_this_policy_and_of_this_application(judged):
    judged.ask("user", policy=False)
    assert judged.says() == "was made without --policy"
    judged.ask("user")
    assert judged.says() == ""
    assert judged.says(application="ASKOPS") == ""
    assert judged.says(application="shop bot").endswith("not of shop bot")
    assert judged.says(application="ask").endswith("not of ask")
    assert judged.says(application=None).startswith("cannot be told from another's")
    judged.policy.write_text(judged.policy.read_text() + "\n# changed\n")
    assert judged.says() == "was made under another policy"


def test_evidence_of_an_application_with_a_name(judged):
    judged.desk.script["application"]["name"] = "Shop bot"
    judged.ask("user")
    assert judged.says(application="shop bot") == ""
    assert judged.says() == "is of Shop bot, not of askops"


def test_evidence_that_was_changed(judged):
    judged.ask("bot")
    leaked = judged.file.read_text()
    assert judged.says() == "says LEAKED"

    def whitewash(document):
        document |= {"verdict": "NO LEAK", "exit_code": 0, "findings": []}

    assert judged.edit(whitewash) == "was changed after it was written; run its command again"
    judged.file.write_text(sealed({**json.loads(leaked), "verdict": "NO LEAK", "exit_code": 0}))
    assert judged.says() == "says NO LEAK, but its answers say LEAKED"

    def unseen(document):
        for one in document["govern"]["answers"]:
            one["outcome"] = "answered"

    document = json.loads(leaked)
    unseen(document)
    judged.file.write_text(sealed(document))
    assert judged.says() == "has a form that this release does not know"
    document["govern"]["answers"] = []
    judged.file.write_text(sealed({**document, "verdict": "NO LEAK", "exit_code": 0}))
    assert judged.says() == "says NO LEAK, but its answers say INCOMPLETE"
    assert judged.edit(lambda document: document.pop("seal")).startswith("has no seal; write it")
    assert judged.edit(lambda document: document.pop("schema")) != ""


def test_a_report_in_another_form_or_of_another_command_is_no_evidence(judged):
    judged.ask("user")
    assert judged.says(evidence="report.json").startswith("has no seal; write it with --evidence")
    assert judged.says(evidence="report.html").startswith("cannot be read as JSON")
    assert judged.says(evidence="report.xml").startswith("cannot be read as JSON")
    (judged.desk.folder / "d.csv").write_text("n\n1\n")
    assert judged.desk.fieldkit("govern", "scan", "d.csv", "--evidence", "s.json").returncode == 0
    assert judged.says(evidence="s.json") == ("is a report, but not one of fieldkit govern access")
    (judged.desk.folder / "signed.txt").write_text("asked, nothing seen")
    assert judged.says(evidence="signed.txt") == ""
