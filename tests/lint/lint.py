#!/usr/bin/env python3
"""Holds every source file and document of the tree against the rules. Usage: lint.py ROOT"""
import pathlib
import sys

import rules

FOLDERS = ["include", "src", "actors", "tests", "perf"]
ENDINGS = {".hpp", ".cpp", ".py"}
# The rules and their canaries name what they forbid.
EXEMPT = ("tests/lint/",)


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in ENDINGS and path.is_file() and not name.startswith(EXEMPT):
                yield name, path.read_text(encoding="utf-8")
    for path in sorted([*(root / "docs").rglob("*.md"), root / "README.md", root / "CHANGELOG.md"]):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def complaints(path, text):
    cpp_only = {rules.no_sleep_in_tests, rules.no_machine_paths, rules.file_length}
    document_only = {rules.tables_are_tables}
    for rule in rules.RULES:
        if path.endswith(".md") != (rule in document_only):
            continue
        if path.endswith(".py") and rule not in cpp_only:
            continue
        for line, complaint in rule(path, text):
            yield f"{path}:{line}: {complaint}"


def main():
    root = pathlib.Path(sys.argv[1])
    files = list(sources(root))
    if len(files) < 20:
        sys.exit(f"only {len(files)} source files under {root}: nothing was checked")
    found = [each for path, text in files for each in complaints(path, text)]
    print("\n".join(found) if found else f"{len(files)} files, no complaint")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
