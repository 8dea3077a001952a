"""Random events of few words and keys, so that queries find some: nested, with escapes, other scripts, numbers of any size,
equal keys and equal times. They are made as trees beside their text, so nothing here depends on how JSON is read."""
import datetime
import json

WORDS = ["alpha", "ALPHA", "alp", "beta", "7", "07", "powershell", "exe", "cmd", "9007199254740993", "9007199254740992",
         "Été", "ete", "e\u0301t\u00e9", "straße", "STRASSE", "東京", "京", "東京都庁", "カナ", "한국어", "ไทย", "łódź", "lodz", "İstanbul",
         "ﬁle", "file", "x٣", "Ⅷ", "-1.50", "1e3", "null", "true"]
BETWEEN = [" ", "\\", "/", "\"", "\n", ".", "…", "-", ":", "  ", "\t", "*", "(", ")", "\u00a0", "\u3000", "😀", "_", "="]
KEYS = ["a", "b", "a.b", "c", "A", "clé", "x y", "k\"q", "b.c", "it's:*"]
NUMBERS = ["0", "-0", "7", "7.0", "70e-1", "-1.5", "1e3", "1E+3", "1000", "9007199254740992", "9007199254740993",
           "9007199254740992.5", "123456789012345678901234567890", "1e400", "-1e400", "0.1", "1e-7"]
COLUMNS = {"host": ["web1", "web2", "Wéb 3", "db\\1", "10"], "source": ["sysmon", "Security", "a.b"],
           "channel": ["Security", "Microsoft-Windows-Sysmon/Operational", "東京"],
           "EventID": ["1", "10", "4624", "4688"], "level": ["Low", "HIGH", "é"]}
COLUMN_OF = {"host": "host", "source": "source", "channel": "channel", "EventID": "event_code", "level": "severity"}
DAYS, TIMES = 20, 300
SERIAL = "serial"  # the member that tells events apart; its words begin like no other
TIME_BASE = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(days=DAYS)


class Node:
    """A value: `kind` is string, number, word (true, false, null), object or array. `text` is what a string stands for,
    else the text as it is written; `raw` is the latter for all."""

    def __init__(self, kind, raw, text=None, parts=()):
        self.kind, self.raw, self.text, self.parts = kind, raw, raw if text is None else text, parts


def written(pick, text):
    """A JSON string: as it is, with all beyond ASCII escaped, or with any character escaped."""
    how = pick.random()
    if how < 0.7:
        return json.dumps(text, ensure_ascii=False)
    if how < 0.9:
        return json.dumps(text)
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'


def text(pick):
    made = pick.choice(WORDS)
    while pick.random() < 0.6:
        made += pick.choice(BETWEEN) + pick.choice(WORDS)
    return made if pick.random() < 0.97 else ""


def string(pick, of):
    return Node("string", written(pick, of), of)


def joined(pick, pieces, opening, closing):
    blank = pick.choice(["", "", " "])
    return opening + blank + ("," + blank).join(pieces) + blank + closing


def value(pick, depth):
    kind = pick.randrange(11 if depth else 8)
    if kind < 4:
        return string(pick, text(pick))
    if kind < 6:
        return Node("number", pick.choice(NUMBERS))
    if kind < 8:
        return Node("word", pick.choice(["true", "false", "null"]))
    if kind == 8:
        parts = [value(pick, depth - 1) for _ in range(pick.randrange(4))]
        return Node("array", joined(pick, [part.raw for part in parts], "[", "]"), parts=parts)
    return make_object(pick, [(pick.choice(KEYS), value(pick, depth - 1)) for _ in range(pick.randrange(4))])


def make_object(pick, members):
    pieces = [written(pick, key) + ":" + part.raw for key, part in members]
    return Node("object", joined(pick, pieces, "{", "}"), parts=members)


def shape(pick):
    """The members of some events."""
    members = [(pick.choice(KEYS), value(pick, 3)) for _ in range(pick.randrange(7))]
    members += [(key, string(pick, pick.choice(texts))) for key, texts in COLUMNS.items() if pick.random() < 0.7]
    pick.shuffle(members)
    return members


class Event:
    def __init__(self, number, share, members, pick):
        """`share`, 0 to 1, is how far in the span of time the event stands, more or less."""
        self.number, self.shape = number, members
        self.columns = {column: None for column in COLUMN_OF.values()}
        for key, node in reversed(members):  # of equal keys the first
            if key in COLUMN_OF:
                self.columns[COLUMN_OF[key]] = lowered(node.text) if key == "level" else node.text
        own = [(SERIAL, string(pick, f"zq{number}"))]
        self.at = None  # in microseconds; none: when it was received
        if pick.random() < 0.9:
            # Few times, so that many are equal; they go back and forth, and some stand anywhere.
            place = share * TIMES + pick.randrange(5) if pick.random() < 0.97 else pick.randrange(TIMES)
            seconds = int(place) * (DAYS * 86_400 // TIMES)
            self.at = int(TIME_BASE.timestamp() + seconds) * 1_000_000 + pick.choice([0, 0, 1, 999_999])
            own.append(("timestamp", string(pick, rfc3339(self.at))))
        # Members of its own come last and first, for there is no order to rely on.
        self.own, self.members = own, own[:1] + members + own[1:]
        self.raw = make_object(pick, self.members).raw
        self.id = self.received_at = None  # told by the server


def lowered(text_of_level):
    return "".join(c.lower() if c.isascii() else c for c in text_of_level)


def rfc3339(at):
    moment = datetime.datetime.fromtimestamp(at // 1_000_000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 1_000_000:06d}Z"


def from_rfc3339(written_time):
    moment = datetime.datetime.fromisoformat(written_time.replace("Z", "+00:00"))
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
