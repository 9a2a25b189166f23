"""Where text that Jinja or dbt made stands in the model's own file."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Two characters that Unicode leaves to private use: no SQL has them around a number.
_MARK = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True)
class Places:
    """For each stretch of a text the offset at which it begins, and its line in the file."""

    starts: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()

    def line(self, offset: int, otherwise: int = 1) -> int:
        """The line of the file, from 1, that a character of the text comes from."""
        at = bisect_right(self.starts, offset) - 1
        return self.lines[at] if at >= 0 else otherwise


AS_THEY_ARE = Places()


def marked(template: Any) -> Any:
    """Jinja's tree of a template, each stretch of whose output begins with the mark of its line.

    What a model keeps in a variable or hands to a filter is left as it is: it may be compared.
    """
    from jinja2 import nodes

    kept = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)
    waiting: list[Any] = [template]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.Output):
            node.nodes = [part for one in node.nodes for part in _begun(one)]
        elif not isinstance(node, kept):
            waiting += node.iter_child_nodes()
    return template


def _begun(node: Any) -> Iterator[Any]:
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        lines = node.data.split("\n")
        node.data = "\n".join(f"{_mark(node.lineno + n)}{line}" for n, line in enumerate(lines))
    else:
        yield nodes.TemplateData(_mark(node.lineno), lineno=node.lineno)
    yield node


def _mark(line: int) -> str:
    return f"\ue000{line}\ue001"


def without_marks(text: str) -> tuple[str, Places]:
    """What a marked template gave, without its marks, and where each stretch comes from."""
    parts = _MARK.split(text)  # text, line, text, line, text
    starts: list[int] = []
    lines: list[int] = []
    at = len(parts[0])
    for line, part in zip(parts[1::2], parts[2::2], strict=True):
        if part and (not lines or lines[-1] != int(line)):
            starts.append(at)
            lines.append(int(line))
        at += len(part)
    return "".join(parts[::2]), Places(tuple(starts), tuple(lines))


def of_compiled(compiled: str, source: str) -> Places:
    """Where the lines of what dbt compiled stand in the model's file: those that are the same are
    found, one between them is taken for the one that stands there.
    """
    # An empty line is like any other one, so it is the line of none.
    made = [line.strip() or f"\ue000{n}" for n, line in enumerate(compiled.split("\n"))]
    own = [line.strip() for line in source.split("\n")]
    lines: list[int] = []
    for _, at, end, start, stop in difflib.SequenceMatcher(None, made, own, False).get_opcodes():
        last = max(start, stop - 1)
        lines += [min(start + n, last, len(own) - 1) + 1 for n in range(end - at)]
    starts: list[int] = []
    begins = 0
    for line in compiled.split("\n"):
        starts.append(begins)
        begins += len(line) + 1
    return Places(tuple(starts), tuple(lines))
