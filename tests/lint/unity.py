#!/usr/bin/env python3
"""Files that would mean something else when they are compiled together must be kept apart, and the others must not."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
import unity_groups  # noqa: E402


def hidden(text):
    return f"namespace carrel {{\nnamespace {{\n{text}\n}}\n}}\n"


USES = "namespace carrel {\nint use() { return limit(); }\n}\n"
# (what it is about, one file, the other, may they be together?); the headers are below.
CASES = [
    ("nothing in common", hidden("int limit() { return 1; }"), hidden("int bound() { return 2; }"), True),
    ("a function each", hidden("int limit() { return 1; }"), hidden("int limit(int a) { return a; }"), False),
    ("a call of another function", hidden("int limit() { return 1; }"), USES, False),
    ("a template", hidden("template <class T = int>\nT limit() { return 1; }"), USES, False),
    ("a constrained template", hidden("template <class T>\n    requires(sizeof(T) == 1)\nT limit() { return 1; }"), USES, False),
    ("a template of a type", hidden("template <class T>\nstruct limit : part<T> {};"), USES, False),
    ("an attribute", hidden("[[nodiscard]] int limit() { return 1; }"), USES, False),
    ("a function that returns what a call says", hidden("auto limit() -> decltype(f(1)) { return f(1); }"), USES, False),
    ("an operator before it", hidden("bool operator==(a, a) { return true; }\nint limit() { return 1; }"), USES, False),
    ("a default argument before it", hidden("int f(int a = 1) { return a; }\nint limit() { return 1; }"), USES, False),
    ("an object with braces", hidden("constexpr table limit{1, 2};"), USES, False),
    ("an object with a lambda", hidden("const auto f = [](int a) { return a; };\nconst auto limit = [] { return 1; };"), USES, False),
    ("an array", hidden("constexpr int part::*limit[] = {&part::a};"), USES, False),
    ("a type", hidden("struct limit : part {};"), USES, False),
    ("an enumerator", hidden("enum bounds : int { low, limit };"), USES, False),
    ("an enumerator that needs its type", hidden("enum class bounds { low, limit };"), USES, True),
    ("a static function", "static int limit() { return 1; }\n", USES, False),
    ("a constant", "namespace carrel {\nconstexpr int limit = 1;\n}\n", USES, False),
    ("a test", "BOOST_AUTO_TEST_CASE(limit) {\n}\n", USES, False),
    ("a function that all know", "namespace carrel {\nint limit() { return 1; }\n}\n", USES, True),
    ("a member", hidden("struct part {\n    int limit() { return 1; }\n};"), USES, True),
    ("a variable of a function", hidden("int f() {\n    const int limit = 1;\n    return limit;\n}"), USES, True),
    ("a use of a member", hidden("int limit() { return 1; }"), "int f(part& a) { return a.limit() + b->limit(); }\n", True),
    ("a use of what is qualified", hidden("int limit() { return 1; }"), "int f() { return std::limit(); }\n", True),
    ("a comment, a text", hidden("int limit() { return 1; }"), '// limit\nconst char* f() { return "limit"; }\n', True),
    ("a header that only the other includes", hidden("int limit() { return 1; }"), '#include "outer.hpp"\n', False),
    ("a header that both include", '#include "outer.hpp"\n' + hidden("int limit() { return 1; }"), '#include "outer.hpp"\n', True),
    ("an alias that says the same", hidden("namespace fs = std::filesystem;"), hidden("namespace fs = std::filesystem;\nfs::path f();"), True),
    ("an alias that says another", hidden("using clock = a::clock;"), hidden("using clock = b::clock;"), False),
    ("using-declarations that say the same", hidden("using base::limit;"), hidden("using base::limit;"), True),
    ("using-declarations that say another", hidden("using base::limit;"), hidden("using json::limit;"), False),
    ("using-directives", "using namespace carrel;\n", "using namespace std;\n", False),
    ("a macro", "#define limit 1\n", "", False),
    ("too many lines", "\n" * 60, "\n" * 60, False),
]
HEADERS = {"outer.hpp": '#include "src/inner.hpp"\n', "src/inner.hpp": "#pragma once\nnamespace carrel {\nint limit();\n}\n"}


def are_together(root, one, other):
    paths = [root / "one.cpp", root / "other.cpp"]
    for path, text in zip(paths, (one, other)):
        path.write_text(text, encoding="utf-8")
    return len(unity_groups.groups(root, 100, paths)) == 1


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "src").mkdir()
        for name, text in HEADERS.items():
            (root / name).write_text(text, encoding="utf-8")
        for what, one, other, expected in CASES:
            for first, second in ((one, other), (other, one)):
                if are_together(root, first, second) != expected:
                    wrong.append(f"{what}: {'are kept apart' if expected else 'are compiled together'}")
    print("\n".join(wrong) or f"{len(CASES)} pairs of files, as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
