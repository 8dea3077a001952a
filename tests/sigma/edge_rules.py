"""Rules at the edges of the language. A rule about which the two readers do not agree has the reason."""

FRONT = "title: t\nlogsource: {product: windows}\n"


def detection(test, condition="s"):
    return f"{FRONT}detection:\n  s:\n    {test}\n  condition: {condition}\n"


def searches(condition):
    return f"{FRONT}detection:\n  s1: [x]\n  s2: {{a: b}}\n  _h: {{c: d}}\n  condition: {condition}\n"


def metadata(line):
    return f"{line}\nlogsource: {{product: windows}}\ndetection: {{s: [x], condition: s}}\n"


def correlation(body):
    return f"title: t\ncorrelation:\n{body}"


def event_count(line):
    return correlation(f"  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition: {{gte: 1}}\n  {line}\n")


# Both say the same.
AGREED = [
    *map(detection, [
        "a: foo", "a: 'x*?'", "a: null", "a: ''", "a: [1, 2.5, true, x]", "a|contains: x", "a|contains|all: [x, y]",
        "a|startswith: x", "a|endswith: x", "a|exists: true", "a|exists: x", "a|cased: X", "a|neq: x", "a|windash: '-x'",
        "a|re: '^x'", "a|re|i|m|s: x", "a|re: '('", "a|re: '[z-a]'", "a|contains|re: x", "a|base64: x", "a|base64: 'x*'",
        "a|base64offset|contains: abc", "a|wide|base64offset|contains: abc", "a|utf16be|base64: abc", "a|lt: 5", "a|lte: 5.5",
        "a|gt: x", "a|gte: '5'", "a|gt: true", "a|minute: 5", "a|hour: 5", "a|day: 5", "a|week: 5", "a|month: 5",
        "a|year: 2024", "a|hour: x", "a|cidr: 10.0.0.0/8", "a|cidr: 10.0.0.1/8", "a|cidr: fe80::/10", "a|cidr: x",
        "a|cidr: 10.0.0.0/33", "a|contains|cidr: 10.0.0.0/8", "a|fieldref: b", "a|fieldref: 'b*'", "a|fieldref|endswith: b",
        "a|unknown: x", "a|: x", "a|Contains: x", "a|contains: 5", "a|contains: null", "a: {b: c}", "a: [[x]]", "a: [x, {b: c}]",
        "a: 1\n    a: 2", "'|all': [x, y]", "'|contains': x", "a: 'b", "a: [", "\ta: b", "a: *b", "a: &x y\n    b: *x",
        "a|exists: yes", "a|i: x", "a|utf16|base64offset: abc|", "a|windash|contains|all: ['-x', '/y']",
        "{}", "[]", "a|expand: plain", "'': x", "'|exists': true"]),
    *map(searches, [
        "s1", "s1 or s2 and not _h", "1 of s*", "all of s*", "1 of them", "all of them", "any of s*", "not (s1 or s2)", "s3",
        "(s1", "s1)", "s1 s2", "not", "", "s1 and", "s1 AND s2", "s1 | count() > 5", "[s1, s2]", "[]", "((((s1))))", "5",
        "1 of", "2 of s*", "near s1 and s2", "null"]),
    *map(metadata, [
        "title: t", "title: ''\nlevel: hi", "title: 5", "title: [a]", "x: y", "title: t\nlevel: HIGH", "title: t\nlevel: hi",
        "title: t\nlevel: 5", "title: t\nlevel:", "title: t\nstatus: stable", "title: t\nstatus: old",
        "title: t\ntags: [attack.t1059]", "title: t\ntags: [attack]", "title: t\ntags: attack.t1059", "title: t\ntags: [5]",
        "title: t\ntags:", "title: t\ndate: 2024-01-31", "title: t\ndate: 2024/1/5", "title: t\ndate: 2024-02-30",
        "title: t\ndate: '2024-1-5'", "title: t\ndate: soon", "title: t\nmodified: 24/1/1",
        "title: t\nid: 5AF54681-df95-4c26-854f-2565e13cfab0", "title: t\nid: x", "title: t\nfields: x", "title: t\nfields: [x, 5]",
        "title: t\nfalsepositives: x", "title: t\nreferences: x", "title: t\nauthor: [x]", "title: t\ndescription: 5",
        "title: t\nname: ''", "title: t\nlicense: 5", "title: t\nscope: x", "title: t\nrelated: x", "title: t\ntitle: u",
        f"title: {'x' * 256}", f"title: {'x' * 257}", "title: 'é\U0001F600'", "title: t\nother: {a: [b]}"]),
    "", "# nothing", "foo", "[]", "5", "title: t", "title: t\nlogsource: {product: x}\n", "title: \xFF\n",
    "title: t\nlogsource: x\ndetection: {s: [x], condition: s}\n",
    "title: t\nlogsource: {definition: d}\ndetection: {s: [x], condition: s}\n",
    "title: t\nlogsource: {product: 5}\ndetection: {s: [x], condition: s}\n",
    "title: t\nlogsource: {product: x}\ndetection: [x]\n",
    "title: t\nlogsource: {product: x}\ndetection: {condition: s}\n",
    "title: t\nlogsource: {product: x}\ndetection: {s: [x]}\n",
    "title: t\nlogsource: {product: x}\ndetection: {s: x, condition: s}\n",
    "title: t\nlogsource: {product: x}\ndetection: {s: [{a: b}, {c: d}], condition: s}\n",
    "title: t\nlogsource: {product: x}\ndetection: {s: [x, {c: d}], condition: s}\n",
    "title: t\r\nlogsource: {product: x}\r\ndetection: {s: [x], condition: s}\r\n",
    "\N{BYTE ORDER MARK}title: t\nlogsource: {product: x}\ndetection: {s: [x], condition: s}\n",
    "[" * 100_000,
    *map(event_count, [
        "group-by: [u, v]", "group-by: u", "group-by: {u: v}", "generate: true", "generate: 5", "aliases: {u: {a: x}}",
        "aliases: [x]", "aliases: {u: x}"]),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 5x\n  condition: {gte: 1}\n"),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 0m\n  condition: {gte: 1}\n"),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 1M\n  condition: {gte: x}\n"),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 1M\n  condition: {foo: 5}\n"),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 1w\n  condition: a\n"),
    correlation("  type: event_count\n  rules: [a]\n  timespan: 1m\n"),
    correlation("  type: event_count\n  timespan: 1m\n  condition: {gte: 1}\n"),
    correlation("  type: nothing\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1}\n"),
    correlation("  rules: [a]\n  timespan: 1m\n  condition: {gte: 1}\n"),
    correlation("  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1}\n"),
    correlation("  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1, field: x}\n"),
    correlation("  type: value_percentile\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1, field: x, percentile: 95}\n"),
    correlation("  type: temporal\n  rules: [a, b]\n  timespan: 1m\n"),
    correlation("  type: temporal\n  rules: [a, b]\n  timespan: 1m\n  condition: a and not b\n"),
    correlation("  type: temporal\n  rules: [a, b]\n  timespan: 1m\n  condition: a\n"),
    correlation("  type: temporal_ordered\n  timespan: 1m\n  condition: a or b\n"),
    "title: f\nlogsource: {product: x}\nfilter: {rules: any, s: {a: b}, condition: s}\n",
    "title: f\nlogsource: {product: x}\nfilter: {rules: [r], s: {a: b}, condition: not s}\n",
    "title: f\nlogsource: {product: x}\nfilter: {s: {a: b}, condition: s}\n",
    "title: f\nlogsource: {product: x}\nfilter: {rules: any, s: {a: b}, condition: [s]}\n",
    "title: f\nfilter: {rules: any, s: {a: b}, condition: s}\n",
]

# What pySigma takes and this reader refuses.
REFUSED = [
    ("null in a list has no meaning by the specification", detection("a: [x, null]")),
    ("an empty list would match nothing, or null", detection("a: []")),
    ("expand has no values to put in", detection("a|expand: '%x%'")),
    ("lookaround does not run in linear time", detection("a|re: 'x(?=y)'")),
    ("back references do not run in linear time", detection(r"a|re: '(x)\1'")),
    ("re finds its text anywhere; contains adds nothing", detection("a|re|contains: x")),
    ("UTF-16 with its mark is no text", detection("a|utf16: abc")),
    ("there is nothing certain of a text that short", detection("a|base64offset: ''")),
    ("no hour is 24", detection("a|hour: 24")),
    ("an hour is whole", detection("a|hour: 1.5")),
    ("comparisons need a field", detection("'|gt': 5")),
    ("references need a field", detection("'|fieldref': b")),
    ("a pattern that matches nothing is a slip", searches("1 of x*")),
    ("a pattern that matches nothing is a slip", searches("s1 or all of x*")),
    ("condition nested too deep", searches("(" * 60 + "s1" + ")" * 60)),
    ("a title is not empty", metadata("title: ''")),
    ("timeframe was replaced by correlation rules", f"{FRONT}detection: {{s: [x], timeframe: 5m, condition: s}}\n"),
    ("collections were removed", metadata("title: t\naction: reset")),
    ("a UUID has its dashes", metadata("title: t\nid: 5af54681df954c26854f2565e13cfab0")),
    ("more anchors and aliases than a rule has", metadata("title: t\nx: &a [b]\ny: [" + "*a, " * 10 + "]")),
    ("nested deeper than a rule is", metadata("title: t\nx: " + "[" * 60 + "]" * 60)),
    ("an alias for a rule that is none of the rules", event_count("aliases: {u: {c: x}}")),
    ("which percentile is not said", correlation(
        "  type: value_percentile\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1, field: x}\n")),
    ("a count is whole", correlation("  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1.5}\n")),
    ("a network is written with its prefix", detection("a|cidr: 10.0.0.0/255.0.0.0")),
]

# What this reader takes and pySigma does not.
TAKEN = [
    ("utf16le is in the specification", detection("a|utf16le|base64: abc")),
    ("UTF-16 is followed by Base64, which takes any bytes", detection("a|wide|base64: é")),
    ("`notepad` is a name, not `not epad`", f"{FRONT}detection: {{notepad: [x], condition: notepad}}\n"),
    ("patterns may hold what names hold", f"{FRONT}detection: {{a-b: [x], condition: 1 of a-*}}\n"),
    ("conditions may be a range", correlation(
        "  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 1, lt: 5}\n")),
]
