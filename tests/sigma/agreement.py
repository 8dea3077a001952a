"""Holds the reader of Sigma rules against pySigma: over public rules, and over rules at the edges of the language.

Usage: agreement.py DUMP-RULES PYTHON-WITH-PYSIGMA ARCHIVE. Skips where there is no pySigma."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import edge_rules
import rule_reading

SKIPPED = 77
DUMP, PYTHON, ARCHIVE = [sys.argv[1]], sys.argv[2], pathlib.Path(sys.argv[3])
THEIRS = [PYTHON, str(pathlib.Path(__file__).with_name("pysigma_reading.py"))]


def have_pysigma():
    try:
        return subprocess.run([PYTHON, "-c", "import sigma.rule.base"], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


class Agreement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="carrel-test-")
        self.addCleanup(self.folder.cleanup)

    def write(self, texts):
        names = []
        for number, text in enumerate(texts):
            path = pathlib.Path(self.folder.name) / f"{number:05}.yml"
            # A letter of Latin 1 stands for a byte that is not UTF-8.
            path.write_bytes(text.encode("latin-1") if "\xFF" in text else text.encode())
            names.append(str(path))
        return names

    def differences(self, files):
        ours, theirs = rule_reading.read_with(DUMP, files), rule_reading.read_with(THEIRS, files)
        self.assertEqual(len(ours), len(files))
        self.assertEqual(len(theirs), len(files))
        return [rule_reading.difference(ours[name], theirs[name]) for name in files], ours, theirs

    def test_public_rules_are_read_alike(self):
        if not ARCHIVE.is_file():
            self.skipTest(f"no rules at {ARCHIVE}")
        files = rule_reading.unpack(ARCHIVE, self.folder.name)
        self.assertGreater(len(files), 3_000)
        found, ours, _ = self.differences(files)
        self.assertEqual([each for each in zip(files, found) if each[1]], [])
        self.assertTrue(all("kind" in each for each in ours.values()))

    def test_rules_at_the_edges_are_read_alike(self):
        found, _, _ = self.differences(self.write(edge_rules.AGREED))
        self.assertEqual([each for each in zip(edge_rules.AGREED, found) if each[1]], [])

    def test_differences_are_those_that_have_a_reason(self):
        for which, name, other in ((edge_rules.REFUSED, "faults", "title"), (edge_rules.TAKEN, "title", "error")):
            files = self.write(text for _, text in which)
            _, ours, theirs = self.differences(files)
            for (reason, text), file in zip(which, files):
                with self.subTest(reason, text=text):
                    self.assertIn(name, ours[file], ours[file])
                    self.assertIn(other, theirs[file], theirs[file])

    def test_a_planted_difference_is_found(self):
        file = self.write([edge_rules.metadata("title: t\nlevel: high\ntags: [attack.t1059]")])
        _, ours, theirs = self.differences(file)
        mine, other = ours[file[0]], theirs[file[0]]
        self.assertIsNone(rule_reading.difference(mine, other))
        for part, wrong in (("title", "u"), ("level", "low"), ("tags", []), ("logsource", {"product": "linux"})):
            self.assertIn(part, rule_reading.difference(mine | {part: wrong}, other))
        self.assertIsNotNone(rule_reading.difference({"faults": [{"detail": "x"}]}, other))
        self.assertIsNotNone(rule_reading.difference(mine, {"error": "x"}))


if __name__ == "__main__":
    if not have_pysigma():
        print(f"skipped: {PYTHON} has no pySigma; scripts/test installs it where pip can")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
