"""Edits of YAML and Markdown: a key, an item, a line or a section is gone, a value is another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from tests.mutants.edits import Edit, dropped, numbers

_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, ten times as fast
_NUMBER = re.compile(r"(?<![\w.:-])-?\d+(?:\.\d+)?(?![\w:]|\.\d)")


def is_yaml(text: str) -> bool:
    """Whether a text is a mapping or a list in YAML."""
    try:
        return isinstance(yaml.load(text, _QUICK), dict | list)
    except yaml.YAMLError:
        return False


def yaml_edits(text: str) -> Iterator[Edit]:
    """Drop each key and each item; change each value."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for edit in _node(text, root):
        if is_yaml(edit.applied(text)):
            yield edit


def _node(text: str, node: yaml.Node) -> Iterator[Edit]:
    if isinstance(node, yaml.MappingNode):
        siblings = {value.value for _, value in node.value if isinstance(value, yaml.ScalarNode)}
        for key, value in node.value:
            span = key.start_mark.index, _end(text, value)
            yield _gone(text, *span, f"drops the key {key.value}")
            yield from _value(text, value, siblings, str(key.value))
    elif isinstance(node, yaml.SequenceNode):
        siblings = {value.value for value in node.value if isinstance(value, yaml.ScalarNode)}
        for number, value in enumerate(node.value, 1):
            begin = value.start_mark.index
            dash = re.search(r"-\s+$", text[:begin])
            yield _gone(
                text, dash.start() if dash else begin, _end(text, value), f"drops item {number}"
            )
            yield from _value(text, value, siblings, f"item {number}")


def _end(text: str, node: yaml.Node) -> int:
    """Where a value ends: a block's end mark stands behind the empty lines that follow it."""
    begin, end = node.start_mark.index, node.end_mark.index
    return begin + len(text[begin:end].rstrip())


def _gone(text: str, start: int, end: int, what: str) -> Edit:
    """Drop a span, with a comment behind it, or with a comma where the mapping is in one line."""
    after = re.match(r"[ \t]*#[^\n]*", text[end:])
    if comma := re.match(r"\s*,\s*", text[end:]):
        end += comma.end()
    elif after:
        end += after.end()
    return dropped(text, start, end, what)


def _value(text: str, node: yaml.Node, siblings: set[str], name: str) -> Iterator[Edit]:
    if not isinstance(node, yaml.ScalarNode):
        yield from _node(text, node)
        return
    span = node.start_mark.index, _end(text, node)
    kind = node.tag.rpartition(":")[2]
    if kind == "bool":
        others = ["false" if node.value.lower() in ("true", "yes", "on") else "true"]
    elif kind in ("int", "float") and _NUMBER.fullmatch(node.value):
        others = [*numbers(node.value)]
    else:
        others = sorted(siblings - {node.value}) or [f"{node.value}x"]
        others = [_quoted(other, text[span[0]]) for other in others]
    for other in others:
        yield Edit(f"{name} becomes {other}", *span, other)


def _quoted(value: str, first: str) -> str:
    return f"{first}{value}{first}" if first in "\"'" else value


def markdown_edits(text: str) -> Iterator[Edit]:
    """Drop each section, bullet, row and paragraph; change each number."""
    for match in re.finditer(r"^(#+) (.*)\n", text, re.M):
        end = re.search(rf"^#{{1,{len(match[1])}}} ", text[match.end() :], re.M)
        stop = match.end() + end.start() if end else len(text)
        yield Edit(f"drops the section {match[2]}", match.start(), stop)
    for match in re.finditer(r"^(?!#)(?!\|[-| :]+\|?$).*\S.*$", text, re.M):
        yield dropped(text, match.start(), match.end(), "drops a line")
    for match in _NUMBER.finditer(text):
        for other in numbers(match[0]):
            yield Edit(f"{match[0]} becomes {other}", match.start(), match.end(), other)
