"""Just enough C++ to find code among comments and literals, functions among braces, and full expressions."""
import re

KEYWORDS = {"if", "for", "while", "switch", "catch", "return", "sizeof", "alignof", "decltype", "noexcept", "requires"}
_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^()\\ ]{0,16})\(.*?\)(?P=delimiter)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.S)


_QUALIFIER = re.compile(r"(\b(const|noexcept|override|final|mutable|try)|&&|&)$")


def without_comments(text):
    """The text with comments and the insides of literals blanked; every character keeps its place."""
    def blank(match):
        found = match.group(0)
        inside = re.sub(r"[^\n]", " ", found)
        return inside if found.startswith("/") else found[0] + inside[1:-1] + found[-1]
    return _TOKEN.sub(blank, text)


def includes(text):
    """Pairs of line number and included name, quotes and brackets removed."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def matching_brace(code, opened):
    """The position of the brace that closes the one at `opened`."""
    depth = 0
    for i in range(opened, len(code)):
        if code[i] == "{":
            depth += 1
        elif code[i] == "}":
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def _is_function(code, opened):
    """Does the brace at `opened` begin a function's or a lambda's body, by what stands before it?"""
    before = code[max(0, opened - 2000):opened].rstrip()
    arrow = before.rfind("->", max(0, len(before) - 200))
    if arrow >= 0 and re.fullmatch(r"[\w:<>,&*\s]*", before[arrow + 2:]):
        before = before[:arrow].rstrip()
    while match := _QUALIFIER.search(before, max(0, len(before) - 12)):
        before = before[:match.start()].rstrip()
    if not before.endswith(")"):
        return False
    depth = 0
    for i in range(len(before) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(before[i], 0)
        if depth == 0:
            name = re.search(r"(\w+)\s*(<[^<>]*>)?$", before[max(0, i - 80):i].rstrip())
            return not (name and name.group(1) in KEYWORDS)
    return False


def functions(code):
    """Triples of first line, last line and first words of each function of comment-free code, lambdas included."""
    for match in re.finditer(r"\{", code):
        if _is_function(code, match.start()):
            first = line_of(code, match.start())
            head = code[:match.start()].rstrip().splitlines()[-1].strip()
            yield first, line_of(code, matching_brace(code, match.start())), head


def full_expressions(code):
    """Pairs of position and text of what stands between semicolons at one depth of parentheses.

    A brace block that is an initialiser or a lambda belongs to its expression; one that is a body does not."""
    start, depth, i, blocks = 0, 0, 0, []
    while i < len(code):
        c = code[i]
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif c == "{":
            body = depth == 0 and not re.search(r"(co_await|co_return|co_yield|=|return|,|\w)\s*$", code[start:i]) \
                or depth == 0 and re.search(r"\b(else|do|try|struct|class|enum|namespace|union)\b[^;=(]*$", code[start:i]) \
                or depth == 0 and _is_function(code, i) and not re.search(r"co_await|co_return|=\s*\[", code[start:i])
            if body or depth == 0 and code[start:i].strip() == "":
                blocks.append("body")
                start = i + 1
            else:
                blocks.append("value")
                depth += 1
        elif c == "}":
            kind = blocks.pop() if blocks else "body"
            if kind == "body":
                start = i + 1
            else:
                depth -= 1
        elif c == ";" and depth == 0:
            yield start, code[start:i]
            start = i + 1
        i += 1
