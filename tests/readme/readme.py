"""Holds README's program to the one that is built and run, and its tables to the tree. Usage: readme.py PROGRAM ROOT"""
import pathlib
import re
import sys
import unittest

from carrel_program import main

ROOT = pathlib.Path(sys.argv[2])
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDER = re.compile(r"`((?:include|actors|src|tests|perf|scripts|docs)/[\w./-]*)`")


class Readme(unittest.TestCase):
    def test_the_embedding_program_is_the_one_that_is_tested(self):
        shown = re.search(r"```cpp\n(.*?)```", README, re.S).group(1)
        self.assertEqual(shown, (ROOT / "tests/embed/main.cpp").read_text())

    def test_every_folder_and_script_it_names_is_there(self):
        for name in set(FOLDER.findall(README)):
            self.assertTrue((ROOT / name).exists(), name)

    def test_every_folder_is_named_once(self):
        table = README[README.index("## What is where"):README.index("## What a reply promises")]
        # What begins a row; a row may name several.
        rows = [name for row in re.findall(r"^\|([^|]*)\|", table, re.M) for name in FOLDER.findall(row)]
        folders = [each.name for each in ROOT.iterdir()
                   if each.is_dir() and not each.name.startswith(".") and each.name not in ("build", "src")]
        folders += [f"src/{each.name}" for each in (ROOT / "src").iterdir() if each.is_dir()]
        wanted = [f"{name}/" for name in folders if name != "include"] + ["include/carrel/"]
        self.assertEqual(sorted(rows), sorted(wanted))

    def test_every_folder_of_tests_is_named(self):
        row = next(row for row in README.splitlines() if row.startswith("| `tests/` |"))
        for folder in (ROOT / "tests").iterdir():
            if folder.is_dir() and folder.name != "__pycache__":
                self.assertTrue(f"`{folder.name}`" in row, folder.name)

    def test_contributing_has_a_room_for_each_folder(self):
        rooms = (ROOT / "docs/CONTRIBUTING.md").read_text(encoding="utf-8")
        for folder in (ROOT / "src").iterdir():
            if folder.is_dir():
                self.assertTrue(f"| `src/{folder.name}` |" in rooms, folder.name)


main()
