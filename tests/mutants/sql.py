"""Edits of SQL: by the tokens that sqlglot finds, so that nothing else in the text moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import sqlglot
from sqlglot.errors import SqlglotError

from tests.mutants.edits import Edit, numbers

_BEGINNINGS = """
SELECT WITH INSERT UPDATE DELETE MERGE CREATE COPY FROM BEGIN COMMIT ROLLBACK DROP ALTER TRUNCATE
ATTACH DETACH VALUES
"""
# What ends a condition or a list where no parenthesis does.
_ENDING = """
WHERE GROUP ORDER HAVING QUALIFY LIMIT UNION EXCEPT INTERSECT WHEN THEN RETURNING JOIN LEFT RIGHT
INNER FULL CROSS ASOF ON USING WINDOW SET SELECT DO FROM ROWS RANGE INSERT ;
"""
BEGINNINGS, _ENDS = frozenset(_BEGINNINGS.split()), frozenset(_ENDING.split())
_SWAPS = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "<>": "=", "!=": "="},
    **{"DESC": "asc", "ASC": "desc", "AND": "or", "OR": "and"},
}
_CALLS = {
    **{"MAX": "min", "MIN": "max", "ARG_MAX": "arg_min", "ARG_MIN": "arg_max"},
    **{"MAX_BY": "min_by", "MIN_BY": "max_by", "FIRST": "last", "LAST": "first"},
    **{"ROW_NUMBER": "rank", "RANK": "row_number", "SUM": "max", "AVG": "max"},
}


@dataclass(frozen=True)
class Token:
    """A word or sign of a statement, upper case, with its place and how deep it stands."""

    text: str
    start: int
    end: int
    depth: int
    number: bool


def is_sql(text: str) -> bool:
    """Whether a text is one or more statements."""
    words = text.split(None, 1)
    return bool(words) and words[0].upper().rstrip(";") in BEGINNINGS and parses(text)


def parses(text: str) -> bool:
    """Whether DuckDB takes it for statements, whatever tables there are."""
    try:
        return bool(duckdb.extract_statements(text))
    except duckdb.Error:
        return False


def edits(text: str) -> Iterator[Edit]:
    """Every edit that leaves statements DuckDB can parse."""
    try:
        tokens = _tokens(text)
    except SqlglotError:
        return
    for edit in _all(tokens):
        new = edit.applied(text)
        if parses(new) and " ".join(new.split()) != " ".join(text.split()):
            yield edit


def _tokens(text: str) -> list[Token]:
    found, depth = [], 0
    for one in sqlglot.tokenize(text, read="duckdb"):
        word = text[one.start : one.end + 1]
        depth -= word == ")"
        number = one.token_type == sqlglot.TokenType.NUMBER
        word = word.upper().removesuffix(" BY")  # one token, with GROUP, ORDER or PARTITION
        found.append(Token(word, one.start, one.end + 1, depth, number))
        depth += word == "("
    return found


def _all(tokens: Sequence[Token]) -> Iterator[Edit]:
    yield from _statements(tokens)
    for at, token in enumerate(tokens):
        yield from _conditions(tokens, at)
        yield from _lists(tokens, at)
        yield from _whens(tokens, at)
        yield from _words(tokens, at)
        if token.number:
            for other in numbers(token.text):
                yield Edit(f"{token.text} becomes {other}", token.start, token.end, other)


def _statements(tokens: Sequence[Token]) -> Iterator[Edit]:
    """Drop one statement of several."""
    begin, spans = 0, []
    for at, token in enumerate(tokens):
        if token.text == ";":
            spans.append((begin, at))
            begin = at + 1
    if begin < len(tokens):
        spans.append((begin, len(tokens) - 1))
    if len(spans) > 1:
        for first, last in spans:
            word = tokens[first].text.lower()
            yield Edit(f"drops a statement, {word}", tokens[first].start, tokens[last].end)


def _region(tokens: Sequence[Token], first: int) -> int:
    """The number of the token before which the clause that begins at `first` ends."""
    if first >= len(tokens):
        return first
    depth = tokens[first].depth
    if tokens[first - 1].text == "(":
        depth = tokens[first - 1].depth + 1
    for at in range(first, len(tokens)):
        token = tokens[at]
        if token.depth < depth or (token.depth == depth and token.text in _ENDS):
            return at
    return len(tokens)


def _parts(tokens: Sequence[Token], first: int, end: int, divider: str) -> list[tuple[int, int]]:
    """(first, last) of each part of a region; the AND of a BETWEEN divides nothing."""
    depth, parts, begin, between = tokens[first].depth, [], first, False
    for at in range(first, end):
        token = tokens[at]
        if token.depth == depth and token.text == "BETWEEN":
            between = True
        elif token.depth == depth and token.text == divider:
            if between and divider == "AND":
                between = False
                continue
            parts.append((begin, at - 1))
            begin = at + 1
    return [*parts, (begin, end - 1)]


def _without(tokens: Sequence[Token], parts: list[tuple[int, int]], number: int) -> tuple[int, int]:
    """What to cut so that one part is gone, and one divider with it."""
    first, last = parts[number]
    if number + 1 < len(parts):
        return tokens[first].start, tokens[parts[number + 1][0]].start
    return tokens[parts[number - 1][1]].end, tokens[last].end


def _conditions(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Drop a condition of WHERE, ON, HAVING, QUALIFY or WHEN MATCHED AND."""
    opener = tokens[at].text
    follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
    matched = opener == "AND" and at and tokens[at - 1].text == "MATCHED"
    if not matched and (
        opener not in {"WHERE", "ON", "HAVING", "QUALIFY"} or follows == "CONFLICT"
    ):
        return
    first, end = at + 1, _region(tokens, at + 1)
    if end <= first:
        return
    told = "WHEN" if matched else opener
    divider = "OR" if len(_parts(tokens, first, end, "OR")) > 1 else "AND"
    parts = _parts(tokens, first, end, divider)
    if len(parts) == 1 and opener == "ON":
        yield Edit("drops the condition of ON", tokens[first].start, tokens[end - 1].end, "true")
    elif len(parts) == 1 or matched:
        yield Edit(f"drops the condition of {told}", tokens[at].start, tokens[end - 1].end)
    if len(parts) > 1:
        for number in range(len(parts)):
            yield Edit(f"drops a condition of {told}", *_without(tokens, parts, number))


def _lists(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Drop a column of PARTITION BY, GROUP BY, ORDER BY, USING, ON CONFLICT or SET."""
    opener = tokens[at].text
    if opener in {"PARTITION", "GROUP", "ORDER", "SET"}:
        first = at + 1
    elif opener in {"USING", "CONFLICT"} and [t.text for t in tokens[at + 1 : at + 2]] == ["("]:
        first = at + 2
    else:
        return
    end = _region(tokens, first)
    if end <= first:
        return
    parts = _parts(tokens, first, end, ",")
    if len(parts) > 1:
        for number in range(len(parts)):
            yield Edit(f"drops a column of {opener}", *_without(tokens, parts, number))
    elif opener == "PARTITION":
        yield Edit("drops PARTITION BY", tokens[at].start, tokens[end - 1].end)


def _whens(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Drop a WHEN of a MERGE."""
    if tokens[at].text != "WHEN" or "MATCHED" not in {t.text for t in tokens[at + 1 : at + 3]}:
        return
    depth, end = tokens[at].depth, at + 1
    while end < len(tokens) and tokens[end].depth >= depth:
        if tokens[end].depth == depth and tokens[end].text in {"WHEN", ";"}:
            break
        end += 1
    yield Edit("drops a WHEN of MERGE", tokens[at].start, tokens[end - 1].end)


def _words(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Swap a word or a sign for its neighbour."""
    token, before = tokens[at], tokens[at - 1].text if at else ""
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    told = f"{token.text} becomes"
    if token.text in _SWAPS:
        other = _SWAPS[token.text]
        yield Edit(f"{told} {other.upper()}", token.start, token.end, other)
    elif token.text in _CALLS and after == "(":
        other = _CALLS[token.text]
        yield Edit(f"{told} {other.upper()}", token.start, token.end, other)
    elif token.text == "UNION":
        if after == "ALL":
            yield Edit("UNION ALL becomes UNION", token.start, tokens[at + 1].end, "union")
        else:
            yield Edit("UNION becomes UNION ALL", token.start, token.end, "union all")
    elif token.text in {"LEFT", "RIGHT", "FULL", "INNER"} and after in {"JOIN", "OUTER"}:
        other = "left" if token.text == "INNER" else ""
        yield Edit(f"{token.text} JOIN becomes {other.upper()} JOIN", token.start, token.end, other)
    elif token.text == "JOIN" and before not in {"LEFT", "RIGHT", "FULL", "INNER", "OUTER"}:
        yield Edit("JOIN becomes LEFT JOIN", token.start, token.end, "left join")
    elif token.text in {"NOT", "DISTINCT"}:
        yield Edit(f"drops {token.text}", token.start, token.end)
