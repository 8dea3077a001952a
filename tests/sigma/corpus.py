"""Reads public rules: each is a rule or is refused with a reason, and what they hold is what a plain count says.

Usage: corpus.py DUMP-RULES ARCHIVE. Skips where there is no archive."""
import collections
import pathlib
import re
import sys
import tempfile
import unittest

import rule_reading

SKIPPED = 77
DUMP, ARCHIVE = [sys.argv[1]], pathlib.Path(sys.argv[2])
if not ARCHIVE.is_file():
    print(f"skipped: no rules at {ARCHIVE}")
    sys.exit(SKIPPED)


def lines_of(texts, pattern):
    """How often each thing stands at the start of a line."""
    return collections.Counter(found for text in texts for found in re.findall(pattern, text, re.MULTILINE))


def tests_of(search):
    """All tests of fields within a search."""
    if "values" in search:
        yield search
    for part in search.get("and", []) + search.get("or", []):
        yield from tests_of(part)


class Corpus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="carrel-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        files = rule_reading.unpack(ARCHIVE, cls.folder.name)
        cls.texts = [pathlib.Path(name).read_text(encoding="utf-8") for name in files]
        cls.read = rule_reading.read_with(DUMP, files)

    def test_each_is_a_rule_or_refused_with_a_reason(self):
        self.assertGreater(len(self.read), 3_000)
        refused = [each for each in self.read.values() if "kind" not in each]
        for each in refused:
            self.assertTrue(each["faults"] and all(one["line"] and one["detail"] for one in each["faults"]), each)
        self.assertEqual(refused, [])

    def test_levels_and_statuses_are_those_of_the_texts(self):
        for part in ("level", "status"):
            expected = lines_of(self.texts, rf"^{part}: (\w+)\s*(?:#.*)?$")
            self.assertEqual(collections.Counter(each[part] for each in self.read.values()), expected)

    def test_techniques_are_those_of_the_texts(self):
        expected = lines_of(self.texts, r"^\s+- attack\.(t\d{4}(?:\.\d{3})?)\s*(?:#.*)?$")
        found = collections.Counter(each.lower() for rule in self.read.values() for each in rule["techniques"])
        self.assertEqual(found, expected)

    def test_every_modifier_of_the_texts_is_in_a_tree(self):
        pattern = re.compile(r"""^\s+(?:- )?['"]?[^\s#'"|:]*((?:\|[a-z0-9]+)+)['"]?:(?:\s|$)""", re.MULTILINE)
        expected = collections.Counter(
            name for text in self.texts for chain in pattern.findall(text) for name in chain[1:].split("|"))
        found = collections.Counter(
            name for rule in self.read.values() for search in rule["tree"]["searches"] for test in tests_of(search["is"])
            for name in test.get("modifiers", []))
        # One author wrote a modifier behind the name of a search, of which it is a part.
        found.update(name for rule in self.read.values() for search in rule["tree"]["searches"]
                     for name in search["name"].split("|")[1:])
        self.assertEqual(found, expected)

    def test_every_test_has_a_value(self):
        for rule in self.read.values():
            for search in rule["tree"]["searches"]:
                self.assertTrue(all(test["values"] for test in tests_of(search["is"])), rule["file"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
