"""The query language of docs/query.md once more, in plain Python: random queries, each as its text and as what it means."""
import decimal
import functools
import re
import unicodedata

import corpus

STROKES = str.maketrans("øđħıłŧ", "odhilt")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
                      "\uac00-\ud7ff]")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TEXT_COLUMNS = ["id", "host", "source", "channel", "event_code", "severity"]
TIME_COLUMNS = ["timestamp", "received_at"]
SIGNS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


@functools.lru_cache(None)
def words_of(text):
    folded = ""
    for c in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        category = unicodedata.category(c)
        if category[0] in "LN" or category == "Mc":
            folded += c.translate(STROKES)
        elif category not in ("Mn", "Me"):
            folded += " "
    return folded.split()


@functools.lru_cache(None)
def number_of(text):
    return decimal.Decimal(text) if NUMBER.fullmatch(text) else None


class Words:
    """Words next to each other, in one value; the last may be the beginning of one."""

    def __init__(self, words, starred=False):
        self.words, self.starred, self.count = words, starred, len(words)
        self.inside = [UNSPACED.search(word) is not None for word in words]

    def passes(self, text):
        heard = words_of(text)
        if self.count > len(heard) or not any(self.is_same(0, word) for word in heard):
            return False
        return self.count == 1 or any(all(self.is_same(i, heard[at + i]) for i in range(self.count))
                   for at in range(len(heard) - self.count + 1))

    def is_same(self, i, word):
        wanted = self.words[i]
        if self.inside[i]:
            return wanted in word
        return word.startswith(wanted) if self.starred and i == self.count - 1 else word == wanted


class Equals:
    def __init__(self, text):
        self.text = text

    def passes(self, text):
        return text == self.text


class Compares:
    def __init__(self, sign, number):
        self.sign, self.number = SIGNS[sign], number_of(number)

    def passes(self, text):
        found = number_of(text)
        return found is not None and self.sign(found, self.number)


class Exists:
    def passes(self, _):
        return True


def holds(node, path, wanted, test):
    """Whether a value at `path` of the tree passes; `wanted` none: anywhere."""
    is_here = wanted is None or path == wanted
    if node.kind == "array":
        return (is_here and path is not None and isinstance(test, Exists)) or \
            any(holds(part, path, wanted, test) for part in node.parts)
    if node.kind == "object":
        return (is_here and path is not None and isinstance(test, Exists)) or \
            any(holds(part, key if path is None else f"{path}.{key}", wanted, test) for key, part in node.parts)
    return is_here and node.raw != "null" and test.passes(node.text)


# -- queries as text ---

def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bare(pick, text, special):
    """Without quotes; none if that cannot be written."""
    if "\u00a0" in text or "\u3000" in text or not text:
        return None
    made = ""
    for i, c in enumerate(text):
        if c == "\\" and i + 1 < len(text) and text[i + 1].isascii() and text[i + 1].isalnum() and pick.random() < 0.5:
            made += c  # before a letter or digit it is one
        else:
            made += "\\" + c if c in special or (i == 0 and c in "-=<>") else c
    return made


SPECIAL = '\\ \t\n\r\v\f()":*'


def written(pick, text):
    plain = bare(pick, text, SPECIAL)
    return plain if plain is not None and pick.random() < 0.6 else quoted(text)


class Maker:
    """Makes queries: their text, and their meaning as nested tuples: ("and" or "or", parts), ("not", part),
    ("leaf", column or path or none for anywhere, test), ("time", column, how to compare, with what)."""

    def __init__(self, pick, events):
        self.pick, self.events = pick, events

    def some_text(self):
        """Words, mostly as some event has them."""
        while True:
            text = self.pick.choice(corpus.WORDS) if self.pick.random() < 0.5 else corpus.text(self.pick)
            if words_of(text):
                return text

    def query(self, depth=3):
        kind = self.pick.random()
        if depth == 0 or kind < 0.4:
            return self.term()
        if kind < 0.6:
            inner, meaning = self.query(depth - 1)
            # `-` takes what stands right behind it, which may be a group.
            if self.pick.random() < 0.5:
                return f"-({inner})", ("not", meaning)
            return f"NOT ({inner})", ("not", meaning)
        parts = [self.query(depth - 1) for _ in range(self.pick.choice([2, 2, 3]))]
        if kind < 0.8:
            return "(" + " OR ".join(text for text, _ in parts) + ")", ("or", [meaning for _, meaning in parts])
        between = self.pick.choice([" ", " AND ", "  "])
        return between.join(f"({text})" for text, _ in parts), ("and", [meaning for _, meaning in parts])

    def term(self):
        kind = self.pick.random()
        if kind < 0.2:
            text = self.some_text()
            return quoted(text), ("leaf", None, Words(words_of(text)))
        if kind < 0.4:
            return self.bare_words()
        if kind < 0.47:
            serial = f"zq{self.pick.choice(self.events).number}"
            return self.pick.choice([(serial, ("leaf", None, Words([serial]))),
                                     (f"serial:={serial}", ("leaf", "serial", Equals(serial)))])
        if kind < 0.75:
            path = ".".join(self.pick.choice(corpus.KEYS) for _ in range(self.pick.choice([1, 1, 1, 2, 2, 3])))
            if self.pick.random() < 0.1:
                path = self.pick.choice(["nowhere", "serial", "EventID", "level"])
            return self.field(path, self.some_text, self.pick.choice(corpus.NUMBERS))
        if kind < 0.95:
            column = self.pick.choice(TEXT_COLUMNS)
            event = self.pick.choice(self.events)
            return self.field(column, lambda: (event.id if column == "id" else event.columns[column]) or "none", "10")
        return self.time()

    def bare_words(self):
        while True:
            text = self.some_text()
            made = bare(self.pick, text, SPECIAL)
            if made is not None:
                break
        words = words_of(text)
        starred = text[-1].isalnum() and self.pick.random() < 0.4
        leaves = [("leaf", None, Words([word], starred and i == len(words) - 1)) for i, word in enumerate(words)]
        return made + ("*" if starred else ""), ("and", leaves)

    def field(self, name, text_of, number):
        written_name = "".join("\\" + c if c in SPECIAL else c for c in name)
        kind = self.pick.random()
        if kind < 0.15:
            return f"{written_name}:*", ("leaf", name, Exists())
        if kind < 0.4:
            text = text_of() if self.pick.random() < 0.8 else self.pick.choice([number, "true", ""])
            return f"{written_name}:={written(self.pick, text)}", ("leaf", name, Equals(text))
        if kind < 0.6:
            sign = self.pick.choice(list(SIGNS))
            return f"{written_name}:{sign}{number}", ("leaf", name, Compares(sign, number))
        text = text_of()
        if not words_of(text):
            text = "none"
        plain = bare(self.pick, text, SPECIAL)
        starred = plain is not None and text[-1].isalnum() and self.pick.random() < 0.4
        made = plain + "*" if starred else written(self.pick, text)
        return f"{written_name}:{made}", ("leaf", name, Words(words_of(text), starred))

    def time(self):
        sign, at = self.pick.choice(list(SIGNS)), self.pick.choice(self.events).at
        column = self.pick.choice(TIME_COLUMNS)
        return f"{column}:{sign}{corpus.rfc3339(at)}", ("time", column, SIGNS[sign], at)
