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
