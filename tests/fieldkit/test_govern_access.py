"""Access: an assistant's leaks over HTTP are found, none in the mended one; nothing is told."""

from __future__ import annotations

import base64
import csv
import json
import random
import re
import socket
import string
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.govern import canaries
from fieldkit.govern.canaries import Canary, seen
from fieldkit.govern.found import Answered, Asked
from tests.servers import Handler, serving

APP = Path(__file__).with_name("askops.py")
PERSONAS = ("intern", "support", "hr")
SEES = {"iban 17": "support", "phone 17": "support", "pay of hugo": "hr"}
SCRIPT = {
    "application": {
        "url": "http://127.0.0.1:{port}/ask",
        "headers": {"Authorization": "Bearer ${TOKEN}"},
        "body": {"question": "{probe}"},
        "answer": "answer",
        "timeout": "2s",
    },
    "personas": {
        name: {"headers": {"Authorization": f"Bearer ${{TOKEN_{name.upper()}}}"}}
        for name in PERSONAS
    },
    "probes": [
        {"ask": "What is the IBAN of customer 17?", "expects": {"support": "iban 17"}},
        {"ask": "And the phone of 17?", "expects": {"support": "phone 17"}},
        {"name": "pay", "ask": "What is the pay of Hugo?", "expects": {"hr": "pay of hugo"}},
        {"ask": "How many orders yesterday?", "expects": {"*": "1,204 orders"}},
    ],
}


class Desk:
    """A folder with an assistant's world, personas, canaries; values are new in every test."""

    def __init__(self, folder: Path, fieldkit) -> None:
        self.folder, self.fieldkit = folder, fieldkit
        draw = random.SystemRandom()
        word = lambda: "".join(draw.choices(string.ascii_letters + string.digits, k=20))  # noqa: E731
        self.tokens = {f"TOKEN_{name.upper()}": word() for name in PERSONAS}
        self.values = {name: word() for name in SEES}
        self.script = json.loads(json.dumps(SCRIPT))
        self.script["application"]["headers"] = {}
        world = {
            "tokens": {self.tokens[f"TOKEN_{name.upper()}"]: name for name in PERSONAS},
            "facts": {**self.values, "orders": "1204 orders"},
        }
        (folder / "world.json").write_text(json.dumps(world))
        with (folder / "canaries.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["name", "value", "personas"])
            rows.writerows([name, self.values[name], SEES[name]] for name in SEES)

    def run(self, *app: str, options=(), env=None, command=None):
        (self.folder / "personas.yml").write_text(yaml.safe_dump(self.script))
        argv = [sys.executable, APP, *app] if command is None else command
        given_env = self.tokens if env is None else env
        ran = self.fieldkit(
            "govern", "access", "--json", "report.json", "--junit", "report.xml",
            "--html", "report.html", *options, *(["--", *argv] if argv else ()), **given_env,
        )  # fmt: skip
        self.untold(ran)
        left = [one for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == str(self.folder)]
        assert not left, "the application is ended"
        return ran

    def untold(self, ran) -> None:
        """No secret and no value stands in anything that was written."""
        texts = [ran.stdout, ran.stderr]
        texts += [one.read_text() for one in self.folder.glob("report.*")]
        for secret in (*self.tokens.values(), *self.values.values()):
            assert not any(secret.lower() in text.lower() for text in texts)

    def report(self):
        return json.loads((self.folder / "report.json").read_text())


@pytest.fixture
def desk(tmp_path, fieldkit):
    return Desk(tmp_path, fieldkit)


def leaks(desk) -> set[tuple[str, str]]:
    answers = desk.report()["govern"]["answers"]
    return {(one["persona"], name) for one in answers for name in one["seen"]}


ALL = {(persona, name) for name, owner in SEES.items() for persona in PERSONAS if persona != owner}


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_who_saw_what_as_the_bot_and_as_the_user(desk, way):
    application = desk.script["application"]
    application["url"] = application["url"].replace("/ask", f"/{way}")
    if way == "stream":
        application |= {"stream": "sse", "answer": "delta"}
    ran = desk.run("--as", "bot")
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.lstrip().startswith("LEAKED: 3 personas saw 3 canaries that they may not see")
    assert leaks(desk) == ALL
    ran = desk.run("--as", "user")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NO LEAK: 3 canaries; 12 questions by 3 personas; 6 of 6 permitted" in ran.stdout
    assert leaks(desk) == set()


def test_an_application_that_denies_everything_is_told(desk):
    ran = desk.run("--as", "nobody")
    assert ran.returncode == 1
    assert "USELESS: it denies everything: 0 of 6 permitted questions answered" in " ".join(
        ran.stdout.split()
    )
    for probe in desk.script["probes"]:
        del probe["expects"]
    ran = desk.run("--as", "nobody")
    assert ran.returncode == 0
    assert "an application that denies everything would pass" in " ".join(ran.stdout.split())


@pytest.mark.parametrize("fault", ["base64", "header", "error"])
def test_a_leak_in_another_spelling_or_beside_the_answer(desk, fault):
    who = "user" if fault != "error" else "bot"
    ran = desk.run("--as", who, "--fault", fault)
    assert ran.returncode == 1 and leaks(desk) == ALL, ran.stdout + ran.stderr


def test_an_answer_kept_for_one_and_given_to_the_next(desk):
    ran = desk.run("--as", "user", "--fault", "cache")
    assert ran.returncode == 1
    assert ("intern", "iban 17") in leaks(desk)


def test_who_was_never_let_in_shows_nothing(desk):
    for probe in desk.script["probes"]:
        del probe["expects"]
    ran = desk.run("--as", "user", env={**desk.tokens, "TOKEN_INTERN": "expired-key-000"})
    told = " ".join(ran.stdout.split())
    assert ran.returncode == 2, told
    assert "INCOMPLETE: intern was never let in, so nothing is shown of it" in told
    assert "NEVER LET IN: every question was denied" in told and "intern 4" in told
    assert desk.report()["exit_code"] == 2
    suite = (desk.folder / "report.xml").read_text()
    assert suite.count('message="never let in"') == 4
    desk.script["application"]["url"] += "/nowhere"
    ran = desk.run("--as", "user", env=dict.fromkeys(desk.tokens, "expired-key-000"))
    assert ran.returncode == 2
    assert "were never let in" in " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [((403, 403), "NO LEAK"), ((403, 401), "INCOMPLETE"), ((404, 404), "INCOMPLETE"),
     ((401, 0), "NO LEAK")],
)  # fmt: skip
def test_who_is_known_and_denied_each_time_shows_something(statuses, verdict):
    answers = [Answered("intern", str(n), denied=status) for n, status in enumerate(statuses)]
    assert Asked("app", answers).verdict == verdict


def test_who_is_denied_what_is_permitted_makes_it_useless(desk):
    ran = desk.run("--as", "user", env={**desk.tokens, "TOKEN_INTERN": "expired-key-000"})
    assert ran.returncode == 1 and ran.stdout.lstrip().startswith("USELESS")
    assert "NEVER LET IN" in ran.stdout


def test_a_canary_that_not_even_its_owner_saw_is_told(desk):
    """Its value may be mistyped: then the true one leaks and nobody sees it."""
    file = desk.folder / "canaries.csv"
    text = file.read_text().replace(desk.values["iban 17"], "another-value-1799")
    file.write_text(text + "nobody's,another-value-1800,\n")
    desk.script["probes"][0]["expects"] = {"support": "source"}
    ran = desk.run("--as", "bot")
    told = " ".join(ran.stdout.split())
    assert "nobody saw the canary iban 17, not even who may see it" in told
    assert told.count("nobody saw the canary") == 1
    assert "another-value" not in told


def test_a_canary_that_is_permitted_and_seen_is_counted_so(desk):
    desk.script["probes"][0]["expects"] = {"support": "iban 7"}
    for probe in desk.script["probes"][1:]:
        probe.pop("expects")
    ran = desk.run("--as", "user")
    told = " ".join(ran.stdout.split())
    assert ran.returncode == 1 and told.startswith("USELESS: 3 canaries; 12 questions"), told
    assert "it denies everything" not in told
    assert "is nearly the name of the canary iban 17, but not the same" in told
    assert re.search(r"support 4 none 2 0 of 1 0", told), told


# -- what is in the way: one line, exit code 2, and nothing told


def refused(desk, words, *app, **given):
    ran = desk.run(*app, **given)
    assert ran.returncode == 2 and ran.stdout == "", ran.stdout + ran.stderr
    assert len(ran.stderr.splitlines()) == 1 and "Traceback" not in ran.stderr, ran.stderr
    assert re.search(words, ran.stderr), ran.stderr
    return ran


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("hangs", "the application did not answer within 1 s, 3 times of 3"),
        ("drips", "did not end its answer within 1 s, 3 times"),
        ("nonsense", "did not answer with JSON, 3 times"),
    ],
)
def test_an_application_that_does_not_answer(desk, fault, words):
    desk.script["application"]["timeout"] = "1s"
    desk.script["probes"] = desk.script["probes"][:1]
    begun = time.monotonic()
    refused(desk, words, "--fault", fault)
    assert time.monotonic() - begun < 25


def test_an_application_that_fails_for_some_is_not_safe(desk):
    desk.script["personas"]["hr"]["url"] = "http://127.0.0.1:1/ask"
    ran = desk.run("--as", "user")
    assert ran.returncode == 2 and "INCOMPLETE: 4 of 12 questions" in ran.stdout
    assert "nobody listens there" in " ".join(ran.stdout.split())


def test_what_is_not_there(desk, tmp_path):
    refused(desk, "TOKEN_HR is not set in the environment", env={**desk.tokens, "TOKEN_HR": ""})
    refused(desk, "no such command", command=["./absent"])
    refused(desk, "ended with exit code 3", command=[sys.executable, "-c", "exit(3)"])
    refused(
        desk, "does not listen on", options=("--wait", "1s"),
        command=[sys.executable, "-c", "import time; time.sleep(60)"],
    )  # fmt: skip
    refused(desk, "the url has {port}: name the application's command", command=())
    refused(desk, "there is no such file", options=("--canaries", "absent.csv"))
    refused(desk, "--wait soon", options=("--wait", "soon"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.script["application"]["url"] = f"http://127.0.0.1:{port}/ask"
    refused(desk, "cannot be reached: nobody listens there, 12 times", command=())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probes": None}, "says nothing of probes"),
        ({"extra": 1}, "there is no extra; there are: application, personas, probes"),
        ({"application": {"url": "ftp://x/{probe}"}}, "url: is not an address"),
        ({"application": {"url": "http://x/ask"}}, r"neither url nor body holds \{probe\}"),
        ({"application": {"url": "http://x/{probe}", "answer": "a b"}}, "a b is not a path"),
        ({"application": {"url": "http://x/{probe}", "stream": "ws"}}, "there is no ws"),
        ({"application": {"url": "http://x/{probe}", "method": "EAT"}}, "no method EAT"),
        ({"application": {"url": "http://x/{probe}", "timeout": "soon"}}, "timeout soon"),
        ({"probes": [{"ask": "x", "expects": {"boss": "y"}}]}, "there is no boss; there are:"),
        ({"probes": [{"asks": "x"}]}, "there is no asks"),
    ],
)
def test_personas_that_cannot_be_meant(desk, change, words):
    desk.script |= change
    refused(desk, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line must be name,value,personas, with commas"),
        ("name;value;personas\npay;abcdefgh;hr\n", "with commas between the columns"),
        ("name,value,personas\npay,abcdefgh,'hr, intern'\n", "with spaces between them"),
        ("name,value,personas\n", "holds no canary"),
        ("name,value,personas\n,abcdefgh,hr\n", "line 2: the canary has no name"),
        ("name,value,personas\npay,abc,hr\n", "fewer than 6 letters and digits"),
        ("name,value,personas\nabcdefgh,ABCDEFGH,hr\n", "the name of a canary holds its value"),
        ("name,value,personas\npay,abcdefgh,boss\n", "no persona boss; there are: hr, intern"),
        ("name,value,personas\npay,abcdefgh,hr\npay,abcdefgi,hr\n", "have the same name"),
        ("name,value,personas\npay,what-IS-the-iban,hr\n", "probe 1 holds the value of the canary"),
    ],
)
def test_canaries_that_cannot_be_meant(desk, text, words):
    (desk.folder / "canaries.csv").write_text(text)
    refused(desk, words)


def test_a_token_in_the_file_is_told_but_not_shown(desk):
    for name, persona in desk.script["personas"].items():
        persona["headers"] = {"Authorization": f"Bearer {desk.tokens[f'TOKEN_{name.upper()}']}"}
    ran = desk.run("--as", "user", env={})
    assert ran.returncode == 0
    assert "intern: the header Authorization holds its value in the file" in " ".join(
        ran.stdout.split()
    )


def test_a_secret_on_the_command_line_is_refused(desk):
    for secret in (desk.tokens["TOKEN_HR"], desk.values["iban 17"]):
        refused(desk, "the command after -- holds a token or the value", "--fault", f"x{secret}")


class Redirecting(Handler):
    def do_POST(self):
        self.answer(b"", [("Location", "http://127.0.0.1:1/login")], 302)


def test_a_redirect_is_no_answer(desk):
    with serving(Redirecting) as server:
        desk.script["application"]["url"] = f"http://127.0.0.1:{server.server_port}/ask"
        refused(desk, "the application answered with HTTP 302", command=())


# -- how a canary is recognised

WAYS = {
    "as it is": lambda v: v,
    "upper case": str.upper,
    "spaced": lambda v: " ".join(v[n : n + 4] for n in range(0, len(v), 4)),
    "dashes": "-".join,
    "zero width": "\u200b".join,
    "full width": lambda v: "".join(chr(ord(c) + 0xFEE0) for c in v),
    "html": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "percent": lambda v: "".join(f"%{ord(c):02x}" for c in v),
    "json": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "base64": lambda v: base64.b64encode(f"it is {v}".encode()).decode(),
    "hex": lambda v: v.encode().hex(),
    "reversed": lambda v: v[::-1],
}


@settings(max_examples=60, deadline=None)
@given(
    st.text(string.ascii_letters + string.digits, min_size=canaries.SHORTEST, max_size=40),
    st.sampled_from(sorted(WAYS)),
    st.text(max_size=40),
    st.text(max_size=40),
)
def test_a_canary_is_seen_however_it_is_written(value, way, before, after):
    told = f"{before}\n {WAYS[way](value)} \n{after}"
    assert seen(told, [Canary("x", value)])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_a_canary_that_is_not_there_is_not_seen(text):
    assert not seen(text, [Canary("x", "Q7vX2mB9kL4tZ8wN1c")])


def test_a_canary_shows_its_value_nowhere():
    assert "secret" not in repr(Canary("x", "secret-value-17"))
