# %% reference
import re

LIMIT = 12_000
MARKS = ("<<<DATA", "DATA>>>")


def described(model, env):
    """A description as data: no address and no value of env in it, and no line that is a mark."""
    text = re.sub(r"\S+@\S+", "(an address)", model["description"])
    for value in sorted(env.values(), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "(a value of env)", text)
    return ["(a mark)" if line.strip() in MARKS else line for line in text.splitlines()]


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task: rules, the schemas it needs, and nothing else."""
    models = project["models"]
    named = {name for name in re.findall(r"`([^`]+)`", task) if name in models}
    parents = {
        parent
        for name in named
        for parent in re.findall(r"""ref\(\s*['"]([^'"]+)['"]\s*\)""", models[name]["sql"])
    }
    lines = ["# Task", task, "# Rules"]
    lines += [f"- {rule['id']}: {rule['rule']}" for rule in project["standards"]]
    for name in sorted((named | parents) & set(models)):
        model = models[name]
        lines += [f"# Model {name}", "columns: " + ", ".join(model["columns"])]
        lines += ["one row for each " + ", ".join(model["grain"])]
        lines += [MARKS[0], *described(model, project["env"]), MARKS[1]]
    text = "\n".join(lines)
    if len(text) > LIMIT:
        raise ValueError(f"{len(text)} characters are needed, {LIMIT} fit")
    return text

# %% other: Jinja finds the parents, JSON keeps a description on one line
import json
import re

from jinja2 import Environment


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    models, parents = project["models"], []
    named = [n for n in sorted(models) if f"`{n}`" in task]
    for name in named:
        space = {"ref": lambda n: parents.append(n) or n, "source": lambda *n: ".".join(n)}
        Environment().from_string(models[name]["sql"]).render(space)
    needed = sorted(set(named) | {p for p in parents if p in models})
    longest = sorted(project["env"].values(), key=len, reverse=True)
    hidden = re.compile("|".join([r"[^\s@]+@[^\s@]+", *map(re.escape, longest)]))
    about = {n: hidden.sub("…", models[n]["description"]) for n in needed}
    schema = {n: {k: models[n][k] for k in ("columns", "grain")} for n in needed}
    text = "\n".join([
        "Rules:", *(f"{r['id']} = {r['rule']}" for r in project["standards"]),
        "Schemas:", json.dumps(schema, sort_keys=True),
        "What people wrote of them:", "<<<DATA", json.dumps(about, sort_keys=True), "DATA>>>",
        "Your task:", task,
    ])
    assert len(text) <= 12_000, "does not fit: name fewer models"
    return text

# %% other: piece by piece, counted as they are added, each line of data quoted
import re


class Prompt:
    def __init__(self):
        self.pieces, self.left = [], 12_001  # no line break before the first piece

    def add(self, text):
        self.left -= len(text) + 1
        if self.left < 0:
            raise OverflowError("what is needed does not fit")
        self.pieces.append(text)


def words_of(text, values):
    hidden = re.compile(r"@|" + "|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in values))
    for line in text.split("\n"):
        kept = (word for word in line.split() if not hidden.search(word))
        yield "> " + " ".join(kept)


@lab.exercise("standard-context")
def build_context(task, project):
    prompt, models = Prompt(), project["models"]
    prompt.add(task)
    for rule in project["standards"]:
        prompt.add(rule["id"] + " " + rule["rule"])
    wanted = [word for word in task.split("`")[1::2] if word in models]
    for name in list(wanted):
        quoted = models[name]["sql"].replace('"', "'").split("ref('")[1:]
        wanted += [part.split("'")[0] for part in quoted]
    for name in sorted(set(wanted)):
        if name in models:
            prompt.add(name + ": " + " ".join(models[name]["columns"]))
            prompt.add("unique by " + " and ".join(models[name]["grain"]))
            prompt.add("<<<DATA")
            for line in words_of(models[name]["description"], set(project["env"].values())):
                prompt.add(line)
            prompt.add("DATA>>>")
    return "\n".join(prompt.pieces)
