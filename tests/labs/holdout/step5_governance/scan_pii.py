# %% other: hand-written scanners that claim characters; cells grouped by value
@lab.exercise("scan-pii")
def scan_text(text):
    """The personal data in a text: a list of (start, end, entity)."""
    return _Scan(text).run()


@lab.exercise("scan-pii")
def scan_table(con, table):
    """{column: {entity: cells}}; DuckDB calls the scanner once a different cell."""
    import collections
    import json
    name = table.replace('"', '""')
    columns = [row[0] for row in con.execute(f'describe "{name}"').fetchall()]
    out = {}
    for column in columns:
        q = column.replace('"', '""')
        grouped = con.execute(f'select "{q}"::varchar as cell, count(*) as n from "{name}"'
                              f' where "{q}" is not null group by all').fetchall()
        cells = collections.Counter()
        for cell, n in grouped:
            cells.update({kind: n for kind in {span[2] for span in scan_text(cell)}})
        if cells:
            out[column] = dict(cells)
    return out


class _Scan:
    """Detectors in an order; whoever claims characters first keeps them."""
    LENGTH = {"de": 22, "fr": 27, "gb": 22, "at": 20, "nl": 18}

    def __init__(self, text):
        self.text, self.spans, self.claimed = text, [], [False] * len(text)

    def run(self):
        for step in (self.mails, self.ibans, self.given, self.phones, self.cards):
            step()
        return self.spans

    def claim(self, start, end, kind):
        if any(self.claimed[start:end]):
            return False
        self.claimed[start:end] = [True] * (end - start)
        self.spans.append((start, end, kind))
        return True

    def mails(self):
        ok_local = set("!#$%&'*+-/=?^_`{|}~.")
        text = self.text
        for at in (i for i, c in enumerate(text) if c == "@"):
            start = at
            while start and (text[start - 1].isalnum() or text[start - 1] in ok_local - set("/=?'`{|}")):
                start -= 1
            end = at + 1
            while end < len(text) and (text[end].isalnum() or text[end] in ".-_"):
                end += 1
            host = text[at + 1:end].rstrip(".-_")
            labels = host.split(".")
            while start < at and text[start] == ".":
                start += 1
            if start < at and len(labels) > 1 and all(labels) and len(labels[-1]) > 1 and labels[-1].isalpha():
                self.claim(start, at + 1 + len(host), "mail")

    def ibans(self):
        text, n = self.text, len(self.text)
        for i in range(n):
            if i and text[i - 1].isalnum() and text[i - 1].isascii():
                continue
            length = self.LENGTH.get(text[i:i + 2].lower())
            if not length:
                continue
            chars, j = "", i
            while j < n and len(chars) < length:
                c = text[j]
                if c.isascii() and c.isalnum():
                    chars += c
                elif c != " " or len(chars) % 4:
                    break
                j += 1
            if len(chars) == length and chars[2:4].isdigit():
                rest = 0
                for c in chars[4:] + chars[:4]:
                    v = int(c, 36)
                    rest = (rest * (100 if v > 9 else 10) + v) % 97
                if rest != 1 or not self.claim(i, j, "iban"):
                    self.claimed[i:j] = [True] * (j - i)  # mistyped: no card either

    def given(self):
        import re
        ssn, ip = r"\b\d{3}-\d{2}-\d{4}\b", r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b"
        for kind, form in (("ssn", ssn), ("ip", ip)):
            for m in re.finditer(form, self.text):
                self.claim(*m.span(), kind)

    def phones(self):
        import re
        us = r"(?:\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4})(?![\w-])"
        abroad = r"\+\d(?:[ -]?\d){7,14}(?!\d)"
        one = r"\+1[ -]?\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"
        for m in re.finditer(rf"(?<![\w+])(?:{one}|{abroad})|(?<![\w.+-]){us}", self.text):
            self.claim(*m.span(), "phone")

    @staticmethod
    def luhn(digits):
        table = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
        return sum(table[d] if i % 2 else d for i, d in enumerate(reversed(digits))) % 10 == 0

    def cards(self):
        import re
        for separator in ("", " ", "-"):
            form = r"[0-9]{12,19}" if not separator else rf"[0-9]{{4}}(?:{separator}[0-9]{{4}}){{2,3}}(?:{separator}[0-9]{{1,3}})?|[0-9]{{4}}{separator}[0-9]{{6}}{separator}[0-9]{{4,5}}"
            at = 0
            seek = re.compile(rf"(?<![\w+])(?<!\d\.)(?:{form})(?![\w]|\.\d)")
            while m := seek.search(self.text, at):
                choices = [m[0]]
                if separator and m[0].count(separator) > 2:  # the last group may be somebody else's
                    choices.append(m[0].rpartition(separator)[0])
                at = m.start() + 1
                for choice in choices:
                    digits = [int(c) for c in choice if c != separator]
                    if 12 <= len(digits) <= 19 and self.luhn(digits) and self.claim(
                            m.start(), m.start() + len(choice), "card"):
                        at = m.start() + len(choice)
                        break


# %% other: regular expressions, windows over groups of digits for cards, one query a column
@lab.exercise("scan-pii")
def scan_text(text):
    """The personal data in a text: a list of (start, end, entity)."""
    import re
    ssn, ip = r"\b\d{3}-\d{2}-\d{4}\b", r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b"

    def luhn(digits):
        total = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
        return (total + sum(int(d) for d in digits[::-1][::2])) % 10 == 0

    def mod97(account):
        turned = account[4:] + account[:4]
        return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1

    spans = [(*m.span(), kind) for kind, form in (("ssn", ssn), ("ip", ip)) for m in re.finditer(form, text)]
    mail = r"[\w.%+'-]+@(?:[\w-]+\.)+[A-Za-z]{2,}(?!\w)"
    spans += [(*m.span(), "mail") for m in re.finditer(mail, text)]

    accounts, shaped = [], []
    for country, length in {"DE": 22, "FR": 27, "GB": 22, "AT": 20, "NL": 18}.items():
        form = rf"(?<![A-Za-z0-9]){country}[0-9]{{2}}" + "".join(
            (" ?" if i % 4 == 0 else "") + "[A-Z0-9]" for i in range(4, length))
        for m in re.finditer(form, text, re.I | re.A):
            shaped.append(m.span())  # a mistyped account is no card either
            if mod97(m[0].replace(" ", "")):
                accounts.append(m.span())
    spans += [(start, end, "iban") for start, end in accounts]

    taken = []
    for run in re.finditer(r"(?<![\w+])(?<!\d\.)[0-9]+(?:[ -][0-9]+)*(?!\w|\.\d)", text):
        groups = [(m.start() + run.start(), m.end() + run.start()) for m in re.finditer("[0-9]+", run[0])]
        windows = [(i, j) for i in range(len(groups)) for j in range(i, len(groups))]
        for i, j in sorted(windows, key=lambda w: (w[0] - w[1], w[0])):  # the longest first
            sizes = [end - start for start, end in groups[i:j + 1]]
            start, end = groups[i][0], groups[j][1]
            digits = re.sub("[ -]", "", text[start:end])
            even = i == j or all(s == 4 for s in sizes[:-1]) and sizes[-1] <= 4 or sizes in ([4, 6, 4], [4, 6, 5])
            if not even or not 12 <= len(digits) <= 19 or not luhn(digits):
                continue
            if len(set(re.sub("[0-9]", "", text[start:end]))) > 1:
                continue
            if all(end <= s or start >= e for s, e in taken + shaped):
                taken.append((start, end))
    spans += [(start, end, "card") for start, end in taken]

    phones = [r"(?<![\w+])\+1[ .-]?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)",
              r"(?<![\w+])\+(?!1)\d{1,3}(?:[ .-]?\d{2,12}){1,4}(?!\d)",
              r"(?<!\w)\(\d{3}\) ?\d{3}-\d{4}(?!\w)",
              r"(?<![\w+])(?<!\d[.-])(?<!\+1 )\d{3}([.-])\d{3}\1\d{4}(?![\w-])"]
    spans += [(*m.span(), "phone") for form in phones for m in re.finditer(form, text)]
    return sorted(spans)


@lab.exercise("scan-pii")
def scan_table(con, table):
    """{column: {entity: cells}}, from every cell."""
    def quoted(name):
        return '"' + name.replace('"', '""') + '"'

    found = {}
    for name in [row[0] for row in con.execute(f"describe {quoted(table)}").fetchall()]:
        cells = con.execute(f"select {quoted(name)}::varchar from {quoted(table)}").fetchall()
        counts = {}
        for (cell,) in cells:
            if cell is None:
                continue
            for entity in {entity for _, _, entity in scan_text(cell)}:
                counts[entity] = counts.get(entity, 0) + 1
        if counts:
            found[name] = counts
    return found


# %% other: one detector after the other, finds are blanked out; rows in chunks
@lab.exercise("scan-pii")
def scan_text(text):
    """The personal data in a text: a list of (start, end, entity)."""
    import re
    # each find is blanked out, so that the next detector does not see it
    ssn, ip = r"\b\d{3}-\d{2}-\d{4}\b", r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b"

    def luhn(digits):
        total = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
        return (total + sum(int(d) for d in digits[::-1][::2])) % 10 == 0

    def mod97(account):
        turned = account[4:] + account[:4]
        return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1

    spans = []

    def take(kind, form, valid=lambda found: True, flags=0):
        nonlocal text
        at = 0
        while m := re.compile(form, flags).search(text, at):
            at = m.start() + 1
            if valid(m[0]):
                spans.append((*m.span(), kind))
                text = text[:m.start()] + "\x00" * len(m[0]) + text[m.end():]
                at = m.end()

    take("mail", r"[^\W_](?:[\w.%+'-]*[\w+%-])?@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?!\w)")
    for country, tail in (("DE", 18), ("FR", 23), ("GB", 18), ("AT", 16), ("NL", 14)):
        fours, rest = divmod(tail, 4)
        grouped = rf" [a-z0-9]{{4}}" * fours + (rf" [a-z0-9]{{{rest}}}" if rest else "")
        take("iban", rf"(?<![a-z0-9]){country}[0-9]{{2}}(?:[a-z0-9]{{{tail}}}|{grouped})",
             lambda found: mod97(found.replace(" ", "")), re.I | re.A)
        text = re.sub(rf"(?ai)(?<![a-z0-9]){country}[0-9]{{2}}{grouped}", lambda m: "\x00" * len(m[0]), text)
    take("ssn", ssn)
    take("phone", r"(?<![\w+])\+1([ .-]?)[0-9]{3}\1[0-9]{3}\1[0-9]{4}(?!\w)")
    take("phone", r"(?<![\w+])\+[2-9][0-9]{0,2}(?:[ .-]?[0-9]{2,12}){1,4}(?!\w)", lambda found: 8 <= len(re.sub(r"\D", "", found)) <= 15)
    take("phone", r"(?<![\w.+-])(?:\([0-9]{3}\) ?[0-9]{3}-|[0-9]{3}-[0-9]{3}-|[0-9]{3}\.[0-9]{3}\.)[0-9]{4}(?![\w-])")
    take("ip", ip)
    card = lambda found: luhn(re.sub("[ -]", "", found))
    take("card", r"(?<![\w+])(?<!\d\.)[0-9]{12,19}(?!\w|\.\d)", card)
    for mark in " -":
        take("card", rf"(?<![\w+])[0-9]{{4}}{mark}[0-9]{{6}}{mark}[0-9]{{4,5}}(?!\w)", card)
        for fours in (4, 3):
            for last in ("", *(rf"{mark}[0-9]{{{n}}}" for n in (3, 2, 1))):
                take("card", rf"(?<![\w+])[0-9]{{4}}(?:{mark}[0-9]{{4}}){{{fours - 1}}}{last}(?!\w)", card)
    return spans


@lab.exercise("scan-pii")
def scan_table(con, table):
    """{column: {entity: cells}}; a stream of rows, never the whole table."""
    from collections import defaultdict
    name = '"' + table.replace('"', '""') + '"'
    columns = [row[0] for row in con.execute(f"select * from {name} limit 0").description]
    counts = defaultdict(lambda: defaultdict(int))
    result = con.execute(f"select columns(*)::varchar from {name}")
    while rows := result.fetchmany(2_000):
        for row in rows:
            for column, cell in zip(columns, row, strict=True):
                for kind in {span[2] for span in scan_text(cell or "")}:
                    counts[column][kind] += 1
    return {column: dict(kinds) for column, kinds in counts.items()}
