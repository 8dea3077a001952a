"""All rules of a public collection through the program: in, out again byte for byte, and counted as a plain reading of
the texts counts them. Usage: real_rules.py PROGRAM ARCHIVE. Skips where there is no archive."""
import collections
import io
import pathlib
import re
import sys
import tarfile
import unittest
import zipfile

from carrel_program import SKIPPED, Server

ARCHIVE = pathlib.Path(sys.argv[2])
if not ARCHIVE.is_file():
    print(f"skipped: no rules at {ARCHIVE}")
    sys.exit(SKIPPED)


def texts_of(archive):
    with tarfile.open(archive) as packed:
        return [packed.extractfile(each).read() for each in packed if each.isfile() and each.name.endswith((".yml", ".yaml"))]


def first(pattern, text):
    found = re.search(pattern, text.decode(), re.MULTILINE)
    return found[1].strip("'\" ") if found else None


class RealRules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = texts_of(ARCHIVE)
        cls.server = Server()
        cls.addClassCleanup(cls.server.end)
        cls.client = cls.server.client()
        cls.bytes = ARCHIVE.read_bytes()
        cls.imported = cls.post_archive()

    @classmethod
    def post_archive(cls):
        reply = cls.client.request("POST", "/api/v1/rules/import", cls.bytes,
                                   {"Content-Type": "application/gzip", "Carrel-Timeout-Ms": "60000"})
        if reply.status != 200:
            raise AssertionError(f"{reply}")
        return reply.json()

    def get(self, path):
        reply = self.client.get("/api/v1" + path)
        self.assertEqual(reply.status, 200, reply)
        return reply

    def test_each_rule_is_taken_or_refused_with_a_reason(self):
        taken = self.imported["created"]
        self.assertEqual(taken + self.imported["rejected"], len(self.texts))
        self.assertEqual(len(self.imported["errors"]), min(100, self.imported["rejected"]))
        for error in self.imported["errors"]:
            self.assertTrue(error["file"] and error["detail"], error)
        self.assertEqual(self.get("/rules/count").json()["count"], taken)

    def test_a_second_import_changes_nothing(self):
        again = self.post_archive()
        self.assertEqual((again["created"], again["updated"]), (0, 0))
        self.assertEqual(again["unchanged"], self.imported["created"])
        newest = self.get("/rules?limit=1&sort=-updated_at").json()["items"][0]
        self.assertEqual(newest["version"], 1)

    def test_what_comes_out_is_what_went_in(self):
        for pack in ("zip", "tar"):
            body = self.get(f"/rules/export?format={pack}").body
            if pack == "zip":
                with zipfile.ZipFile(io.BytesIO(body)) as packed:
                    out = [packed.read(name) for name in packed.namelist()]
            else:
                with tarfile.open(fileobj=io.BytesIO(body)) as packed:
                    out = [packed.extractfile(each).read() for each in packed]
            self.assertEqual(sorted(out), sorted(self.texts))

    def test_levels_and_log_sources_are_counted_as_in_the_texts(self):
        facets = self.get("/rules/facets").json()["facets"]
        for facet, pattern in [("severity", r"^level: *(\S+)"), ("logsource.product", r"^    product: *(\S+)"),
                               ("logsource.category", r"^    category: *(\S+)"),
                               ("logsource.service", r"^    service: *(\S+)")]:
            plain = collections.Counter(first(pattern, text) for text in self.texts)
            served = {each["value"]: each["count"] for each in facets[facet]}
            for value, count in served.items():
                self.assertEqual(count, plain[value], (facet, value))
            self.assertEqual(sum(served.values()), len(self.texts) if len(plain) <= 100 else sum(served.values()))

    def test_techniques_are_found_as_in_the_texts(self):
        plain = collections.Counter()
        for text in self.texts:
            plain.update({tag.upper() for tag in re.findall(r"^ *- attack\.(t\d{4}(?:\.\d{3})?) *$", text.decode(),
                                                              re.MULTILINE)})
        self.assertGreater(len(plain), 100)
        for technique, count in plain.items():
            found = self.get(f"/rules/count?mitre_technique={technique}").json()["count"]
            self.assertEqual(found, count, technique)

    def test_pages_show_each_rule_once(self):
        for sort in ("name", "-created_at", "severity"):
            seen, cursor = [], ""
            while True:
                page = self.get(f"/rules?limit=500&sort={sort}{cursor}").json()
                seen += [each["id"] for each in page["items"]]
                if page["next"] is None:
                    break
                cursor = f"&cursor={page['next']}"
            self.assertEqual(len(seen), len(set(seen)))
            self.assertEqual(len(seen), self.imported["created"])


if __name__ == "__main__":
    unittest.main(argv=["real_rules"], verbosity=2)
