#!/usr/bin/env python3
"""Which source files may be compiled as one. Usage: unity_groups.py ROOT LINES FILE…  prints `GROUP FILE` for each that may.

What a file means must not depend on which files are compiled with it. Hence two share a group only if no name that one keeps
to itself (in an anonymous namespace, static, a constant, a test) occurs unqualified in the other, or in a header that only the
other includes. An alias or a using-declaration may be in both if it says the same; using-directives have to be the same, and
a file that defines a macro is alone. A group has at most LINES lines."""
import functools
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "lint"))
import cpp_text  # noqa: E402

ANONYMOUS = ""
SPACE = re.compile(r"(?:inline\s+)?namespace\b\s*([\w:]*)")
ENTITY = re.compile(r"(?:struct|class|enum class|enum|union|concept)\s+(\w+)")
TEST = re.compile(r"BOOST_(?:AUTO|FIXTURE|DATA)_TEST_CASE\w*\s*\(\s*(\w+)")
OWN = re.compile(r"(?:static|constexpr|const|constinit|thread_local)\b|BOOST_")
WORD = re.compile(r"(?<![\w.:])(?<!->)[A-Za-z_]\w*")


def flat(text):
    """A declaration without attributes, template parameters and arguments; a `(` remains of what stood in parentheses."""
    text = re.sub(r"\[\[.*?\]\]", " ", text, flags=re.S)
    while text != (text := re.sub(r"\([^()]*\)", "\x01", text)):
        pass
    text = text.replace("->", " ")
    while text != (text := re.sub(r"<[^<>]*>", " ", text)):
        pass
    text = re.sub(r"^\s*template\b\s*(requires\s*\x01)?", " ", text)
    return " ".join(text.replace("\x01", "(").split())


def statements(code):
    """Pairs of text and the namespaces around it, of all that stands outside functions and classes; the opening of a namespace,
    too, without a text."""
    start, spaces, i = 0, [], 0
    while i < len(code):
        if code[i] == ";":
            yield code[start:i].strip(), spaces
            start = i + 1
        elif code[i] == "}":
            del spaces[-1:]
            start = i + 1
        elif code[i] == "{":
            text = code[start:i].strip()
            if space := SPACE.fullmatch(text):
                spaces.append(space.group(1))
                yield "", spaces
            else:
                opened, i = i, cpp_text.matching_brace(code, i)
                if re.match(r"enum\s+(?!class)", text):  # whose values are names beside it
                    yield from ((f"enum {value}", spaces) for value in re.findall(r"\b([a-z]\w*)[^,]*", code[opened + 1:i]))
                yield text, spaces  # after a body no semicolon has to come
            start = i + 1
        i += 1


def declared(text):
    """The name that a declaration brings, or None."""
    if text.startswith("BOOST_"):
        test = TEST.match(text)
        return test and test.group(1)
    text = flat(text)
    if entity := ENTITY.match(text):
        return entity.group(1)
    if text.startswith(("using ", "namespace ")):
        return re.findall(r"\w+", text.split("=")[0])[-1]
    head = re.split(r"[=\[]", text)[0].strip()
    name = re.search(r"([\w:~]+)\s*\(", head) or re.search(r"[\s*&]([\w:]+)$", head)
    return name.group(1) if name and ":" not in name.group(1) else None


class source:
    """A file: the names it keeps to itself and those it declares for all, by namespace, with what it says of them; the namespaces
    it looks names up in; the words it uses."""

    def __init__(self, root, path):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", cpp_text.without_comments(text), flags=re.M)
        self.lines = text.count("\n")
        self.defines = re.search(r"^[ \t]*#[ \t]*define\b", text, flags=re.M) is not None
        self.own, self.shared, self.spaces, self.directives = {}, {}, {""}, set()
        for said, spaces in statements(code):
            said, space = " ".join(said.split()), "::".join(filter(None, spaces))
            self.spaces.add(space)
            if said.startswith("using namespace "):
                self.directives.add(said)
            elif name := declared(said):
                is_alias = said.startswith(("using ", "namespace "))
                is_own = is_alias or ANONYMOUS in spaces or OWN.match(said)
                (self.own if is_own else self.shared)[name] = space, said if is_alias else f"{said} in {path}"
        self.words = set(WORD.findall(code)) | self.own.keys()
        names = [name for _, name in cpp_text.includes(text) if name.endswith(".hpp") and not name.startswith("boost/")]
        found = (root / folder / name for name in names for folder in (path.parent, "src", "include", "tests", ""))
        self.includes = {each.resolve() for each in found if each.is_file()}

    def sees(self, space):
        """Does this file look up names in that namespace?"""
        return (any(f"::{each}::".startswith(f"::{space}::" if space else "") for each in self.spaces)
                or any(f"::{space}".endswith(f"::{each.split()[-1]}") for each in self.directives))

    def meets(self, names):
        """Does one of these names, of another file, occur here where it would be found?"""
        return any(name in self.words and self.own.get(name, ("", ""))[1] != said and self.sees(space)
                   for name, (space, said) in names.items())


class tree:
    def __init__(self, root):
        self.source = functools.cache(lambda path: source(root, path))

    @functools.cache
    def headers(self, path):
        seen, todo = set(), [path]
        while todo:
            found = self.source(todo.pop()).includes - seen
            seen |= found
            todo += found
        return seen

    def reaches_into(self, one, other):
        """Does `other`, or a header that only it includes, meet what `one` keeps to itself, or `one` what such a header declares?"""
        one_source = self.source(one)
        beside = [self.source(header) for header in self.headers(other) - self.headers(one)]
        return (any(each.meets(one_source.own) for each in [self.source(other), *beside])
                or any(one_source.meets(each.shared) or one_source.meets(each.own) for each in beside))

    def clash(self, one, other):
        return (self.source(one).directives != self.source(other).directives or self.source(one).defines
                or self.source(other).defines or self.reaches_into(one, other) or self.reaches_into(other, one))


def groups(root, lines, paths):
    """Lists of files that may be compiled as one. Each file joins the first that takes it and has room."""
    files, made = tree(root), []
    for path in paths:
        room = lines - files.source(path).lines
        for group in made:
            if sum(files.source(each).lines for each in group) <= room and not any(files.clash(path, each) for each in group):
                group.append(path)
                break
        else:
            made.append([path])
    return made


def main():
    root, lines, paths = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), map(pathlib.Path, sys.argv[3:])
    for number, group in enumerate(groups(root, lines, paths)):
        if len(group) > 1:
            print("\n".join(f"{number} {path}" for path in group))


if __name__ == "__main__":
    main()
