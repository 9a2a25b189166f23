# %% other: exact name between backticks, regex for ref, models sorted by name, marks replaced
import json


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    import re

    models = project["models"]
    named = {name for name in models if f"`{name}`" in task}
    wanted = set(named)
    for name in named:
        sql = re.sub(r"\{#.*?#\}", " ", models[name]["sql"], flags=re.S)
        for inner in re.findall(r"\bref\s*\(([^()]*)\)", sql):
            texts = re.findall(r"""(?:^|,)\s*['"]([^'"]+)['"]""", inner)
            if texts and texts[-1] in models:
                wanted.add(texts[-1])

    secrets = sorted({str(v) for v in (project.get("env") or {}).values() if v not in (None, "")}, key=lambda v: (-len(v), v))

    def clean(text):
        text = re.sub(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*", "[address]", text or "")
        for secret in secrets:
            text = text.replace(secret, "***")
        return text.replace("<<<DATA", "<< DATA").replace("DATA>>>", "DATA >>")

    lines = [task, "", "Rules:"]
    lines += [f"- {rule['id']}: {rule['rule']}" for rule in project["standards"]]
    for name in sorted(wanted):
        model = models[name]
        lines += [
            "",
            f"Model {name}",
            "columns: " + ", ".join(model["columns"]),
            "grain: " + ", ".join(model["grain"]),
            "<<<DATA",
            clean(model.get("description")),
            "DATA>>>",
        ]
    text = "\n".join(lines) + "\n"
    if len(text) > 12_000:
        raise ValueError(f"the context has {len(text)} characters, 12,000 are allowed")
    return text

# %% other: a class that counts while it grows; lines that are marks are dropped
import json


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    import re

    class Context:
        """Text that grows and never goes over its limit."""

        limit = 12_000

        def __init__(self):
            self.parts, self.size = [], 0

        def line(self, text=""):
            self.size += len(text) + 1
            if self.size > self.limit:
                raise ValueError("the context does not fit")
            self.parts.append(text + "\n")

    env = sorted((str(v) for v in project.get("env", {}).values() if str(v)), key=lambda v: (len(v), v), reverse=True)
    hide = re.compile("|".join([r"[^\s@<>()]+@[^\s@<>()]+", *map(re.escape, env)]))

    def data(description):
        lines = hide.sub("(removed)", description).splitlines()
        return [line for line in lines if line.strip() not in ("<<<DATA", "DATA>>>")]

    models = project["models"]
    spoken = re.findall(r"`([^`\n]+)`", task)
    order = []
    for name in dict.fromkeys(spoken):
        if name in models:
            order.append(name)
    for name in list(order):
        sql = re.sub(r"(?s)\{#.*?#\}", "", models[name]["sql"])
        for parent in re.findall(r"""\bref\(\s*(?:['"][^'"]+['"]\s*,\s*)?['"]([^'"]+)['"]""", sql):
            if parent in models and parent not in order:
                order.append(parent)

    out = Context()
    out.line(task)
    out.line()
    for rule in project["standards"]:
        out.line(f"[{rule['id']}] {rule['rule']}")
    for name in sorted(order):
        model = models[name]
        out.line()
        out.line(f"{name} ({', '.join(model['columns'])}), one row per {', '.join(model['grain'])}")
        out.line("<<<DATA")
        for line in data(model.get("description") or ""):
            out.line(line)
        out.line("DATA>>>")
    return "".join(out.parts)

# %% other: no regex: partition and split; a JSON line for the schema of each model
import json


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    # No regular expression for names: the pieces between backticks, and the calls of ref, by hand.
    models = project["models"]

    def refs(sql):
        found, code = [], ""
        for piece in sql.split("{#"):
            code += piece.rpartition("#}")[2] if code else piece
        for before, call in zip(code.split("ref("), code.split("ref(")[1:]):
            if before[-1:].isalnum() or before[-1:] == "_" or ")" not in call:
                continue
            arguments = [a.strip() for a in call[: call.index(")")].split(",")]
            found += [a.strip("'\"") for a in arguments if a[:1] in ("'", '"')][-1:]
        return found

    def is_named(name):
        return "`" + name + "`" in task

    def safe(description):
        words = []
        for line in str(description or "").splitlines():
            line = " ".join("<mail>" if "@" in word else word for word in line.split(" "))
            for value in sorted(map(str, project.get("env", {}).values()), key=len, reverse=True):
                if value:
                    line = line.replace(value, "…")
            while "DATA>>>" in line or "<<<DATA" in line:
                line = line.replace("DATA>>>", "DATA>").replace("<<<DATA", "<DATA")
            words.append(line)
        return "\n".join(words)

    def block(name):
        model = models[name]
        schema = json.dumps({"model": name, "columns": model["columns"], "grain": model["grain"]}, ensure_ascii=False)
        return f"{schema}\n<<<DATA\n{safe(model.get('description'))}\nDATA>>>"

    named = [name for name in models if is_named(name)]
    parents = [parent for name in named for parent in refs(models[name]["sql"]) if parent in models]
    rules = [rule["id"] + " = " + rule["rule"] for rule in project["standards"]]
    text = "\n\n".join([task, "\n".join(rules), *map(block, sorted({*named, *parents}))])
    assert_fits = len(text) <= 12000
    if not assert_fits:
        raise OverflowError(f"{len(text):,} characters: name fewer models in the task")
    return text

# %% other: ref found in the jinja syntax tree, headings, one substitution for all marks
import json


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    from jinja2 import Environment, nodes
    import re

    # What a model refers to says its syntax tree: no comment and no quoted text is taken for a call.
    def parents(sql):
        tree = Environment(extensions=["jinja2.ext.do"]).parse(sql)
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "ref":
                texts = [a.value for a in call.args if isinstance(a, nodes.Const)]
                if texts:
                    yield texts[-1]

    known = project["models"]
    needed = []
    for match in re.finditer(r"`([^`]*)`", task):
        name = match.group(1).strip()
        if name in known:
            needed += [name, *sorted(p for p in parents(known[name]["sql"]) if p in known)]
    needed = sorted(set(needed))

    pieces = ["# Task", task, "# Standards"]
    for rule in project["standards"]:
        pieces.append("* " + rule["id"] + "\n  " + rule["rule"])
    pieces.append("# Models")
    hidden = [re.escape(str(v)) for v in sorted(project.get("env", {}).values(), key=lambda v: (-len(str(v)), str(v))) if str(v)]
    for name in needed:
        about = known[name].get("description", "")
        about = re.sub(r"\S+@\S+", "[mail]", about)
        if hidden:
            about = re.sub("|".join(hidden), "[env]", about)
        about = re.sub(r"(?i)(<<<)(\s*DATA)|(DATA\s*)(>>>)", lambda m: "«" + m[2] if m[1] else m[3] + "»", about)
        pieces += [
            "## " + name,
            "\n".join("- " + column for column in known[name]["columns"]),
            "Grain: " + " + ".join(known[name]["grain"]),
            "<<<DATA\n" + about + "\nDATA>>>",
        ]
    prompt = "\n".join(pieces)
    if len(prompt) > 12_000:
        raise ValueError("too long by %d" % (len(prompt) - 12_000))
    return prompt

# %% other: one pattern of all secrets, again and again until nothing changes; schemas, then descriptions
import json
import re

MAIL = r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+"
MARKS = ("<<<DATA", "DATA>>>")


def without(secrets, text):
    """The text without secrets and mail addresses, also without those that come about by that."""
    values = sorted({str(secret) for secret in secrets if str(secret).strip()}, key=lambda value: (-len(value), value))
    pattern = re.compile("|".join([MAIL, *(rf"(?<!\w){re.escape(value)}(?!\w)" for value in values)]))
    before = None
    while text != before:
        before, text = text, pattern.sub(" ", text)
    return text


def data(secrets, text):
    """The lines of a description, none of them a mark."""
    before = None
    while text != before:
        before = text
        lines = without(secrets, text).splitlines()
        text = "\n".join(line for line in lines if line.strip() not in MARKS)
    return text


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    models = project.get("models", {})
    secrets = project.get("env", {}).values()
    named = {name for name in models if f"`{name}`" in task}
    parents = {parent for name in named
               for _, parent in re.findall(r"\bref\(\s*(['\"])([^'\"]+)\1\s*\)", models[name].get("sql") or "")}
    chosen = sorted(named | (parents & set(models)))
    parts = [task, ""]
    parts += [f"{rule['id']}: {rule['rule']}" for rule in project.get("standards", [])]
    parts.append("")
    for name in chosen:
        model = models[name]
        schema = [name, *("- " + str(column) for column in model.get("columns") or []),
                  *("= " + str(column) for column in model.get("grain") or [])]
        parts.append(without(secrets, "\n".join(schema)))
    for name in chosen:
        if models[name].get("description"):
            parts += [MARKS[0], data(secrets, models[name]["description"]), MARKS[1]]
    text = "\n".join(parts)
    if len(text) > 12_000:
        raise ValueError(f"the context has {len(text)} characters, 12,000 are allowed")
    return text

# %% other: a class; str.find with a look at the neighbours; description behind each schema
import json
import re


class Prompt:
    """A prompt that grows line by line; what is not word for word goes through clean."""

    begin, end, most = "<<<DATA", "DATA>>>", 12_000
    mail = re.compile(r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+")

    def __init__(self, env):
        self.env = sorted((value for value in map(str, env) if value.strip()), key=len, reverse=True)
        self.lines = []

    def exactly(self, text):
        self.lines.append(text)

    def spans(self, text):
        """Where a value of env or a mail address stands."""
        for value in self.env:
            at = text.find(value)
            while at >= 0:
                after = at + len(value)
                beside = text[at - 1:at] + text[after:after + 1]
                if not any(one.isalnum() or one == "_" for one in beside):
                    yield at, after
                at = text.find(value, at + 1)
        for found in self.mail.finditer(text):
            yield found.span()

    def clean(self, text):
        while spans := list(self.spans(text)):
            start, stop = min(spans)
            text = text[:start] + " " + text[stop:]
        return text

    def schema(self, name, model):
        rows = [name]
        for kind in ("columns", "grain"):
            if model.get(kind):
                rows.append(f"{kind}: " + ", ".join(map(str, model[kind])))
        self.lines += self.clean("\n".join(rows)).split("\n")

    def description(self, text):
        while True:
            cleaned = self.clean("\n".join(
                line for line in text.splitlines() if line.strip() not in (self.begin, self.end)))
            if cleaned == text:
                break
            text = cleaned
        self.lines += [self.begin, text, self.end]

    def text(self):
        text = "\n".join(self.lines)
        if len(text) > self.most:
            raise ValueError("the context is too long")
        return text


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task."""
    models = project.get("models") or {}
    wanted = set(re.findall(r"(?<=`)[^`\s]+(?=`)", task)) & models.keys()
    for name in list(wanted):
        for single, double in re.findall(r"""\bref\s*\(\s*(?:'([^']*)'|"([^"]*)")\s*\)""", models[name].get("sql") or ""):
            wanted |= {single or double} & models.keys()
    prompt = Prompt((project.get("env") or {}).values())
    prompt.exactly(task)
    for rule in project.get("standards") or []:
        prompt.exactly(f"[{rule['id']}] {rule['rule']}")
    for name in sorted(wanted):
        prompt.schema(name, models[name])
        if models[name].get("description") is not None:
            prompt.description(models[name]["description"])
    return prompt.text()

# %% other: functions and a fixed point; descriptions first, the task last
import json
import re
from functools import partial
from itertools import chain


def settle(change, text):
    """A change that is made until it changes nothing."""
    while (changed := change(text)) != text:
        text = changed
    return text


def hide(env, text):
    for value in sorted(set(env), key=lambda value: (-len(value), value)):
        if value.strip():
            text = re.sub(rf"(?<![\w]){re.escape(value)}(?![\w])", " ", text)
    return re.sub(r"[\w.%+'-]+@(?:[\w-]+\.)+[\w-]+", " ", text)


def unmark(text):
    kept = filter(lambda line: line.strip() not in {"<<<DATA", "DATA>>>"}, text.splitlines())
    return "\n".join(kept)


def references(sql):
    return {name for _, name in re.findall(r"""\bref\(\s*(["'])(.+?)\1\s*\)""", sql)}


@lab.exercise("standard-context")
def build_context(task, project):
    """The prompt for a task: descriptions first, then the schemas, the rules, and the task as the last."""
    models = project.get("models", {})
    safe = partial(hide, [str(value) for value in project.get("env", {}).values()])
    named = [name for name in models if re.search(rf"`{re.escape(name)}`", task)]
    parents = chain.from_iterable(references(models[name].get("sql", "")) for name in named)
    chosen = sorted({*named, *parents}.intersection(models))

    def block(name):
        text = models[name].get("description")
        if not text:
            return []
        text = settle(lambda text: unmark(safe(text)), text)
        return [f"<<<DATA\n{text}\nDATA>>>"]

    def schema(name):
        columns, grain = (models[name].get(key) or [] for key in ("columns", "grain"))
        lines = [f"{name} (", *(f"    {column}" for column in columns), ")"]
        if grain:
            lines += ["one row for each", *(f"    {column}" for column in grain)]
        return [settle(safe, "\n".join(lines))]

    lines = [*chain.from_iterable(map(block, chosen)), *chain.from_iterable(map(schema, chosen)),
             *(f"{rule['id']}\n{rule['rule']}" for rule in project.get("standards", [])), task]
    context = "\n\n".join(lines)
    if len(context) <= 12_000:
        return context
    raise OverflowError(f"{len(context)} characters")
