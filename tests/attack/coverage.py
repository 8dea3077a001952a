"""The real bundle and all real rules through the program: what it says of coverage against a plain count by this script.

usage: coverage.py CARREL BUNDLE RULES. Skipped, saying so, where the bundle or the rules are absent."""
import collections
import gzip
import json
import os
import pathlib
import re
import sys
import tarfile
import unittest

from carrel_program import SKIPPED, Server

BUNDLE, RULES = (pathlib.Path(path) for path in sys.argv[2:4])
IMPORT_MILLISECONDS_MAX = 10_000  # of processor time, which others on the machine and a slow disk do not add to
IMPORT_KIB_MAX = 128 * 1024  # of memory that the server ever had
REPORT_MILLISECONDS_MAX = 20  # of processor time as well
LEVELS = ("critical", "high", "medium", "low", "informational")
TECHNIQUE = re.compile(r"^attack\.(t\d{4}(?:\.\d{3})?)$")
FILE = {"Content-Type": "application/octet-stream", "Carrel-Timeout-Ms": "60000"}


def read_rules(path):
    """Of each rule its level and its tags, by the text of its lines alone."""
    rules = []
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.name.endswith(".yml"):
                continue
            level, tags, in_tags = "medium", [], False
            for line in archive.extractfile(member).read().decode().splitlines():
                if line.startswith("level:"):
                    level = line.split(":", 1)[1].split("#")[0].strip()
                if in_tags and re.match(r"\s*- ", line):
                    tags.append(line.split("- ", 1)[1].split("#")[0].strip())
                elif not line.startswith("#"):
                    in_tags = line.rstrip() == "tags:"
            rules.append((level, frozenset(tag.lower() for tag in tags)))
    return rules


def read_bundle(path):
    """Techniques and tactics in use, and what is below what."""
    objects = json.loads(gzip.decompress(path.read_bytes()))["objects"]
    by_stix_id = {each["id"]: each for each in objects}
    key = lambda each: next(ref["external_id"] for ref in each["external_references"] if ref["source_name"] == "mitre-attack")
    in_use = [each for each in objects if not each.get("revoked") and not each.get("x_mitre_deprecated")]
    parents = {key(by_stix_id[each["source_ref"]]): key(by_stix_id[each["target_ref"]])
               for each in in_use if each.get("relationship_type") == "subtechnique-of"}
    tactics = {each["x_mitre_shortname"]: key(each) for each in in_use if each["type"] == "x-mitre-tactic"}
    techniques = {key(each): {tactics[phase["phase_name"]] for phase in each["kill_chain_phases"]}
                  for each in in_use if each["type"] == "attack-pattern"}
    return techniques, parents, tactics


def count(rules, techniques, parents, tactics):
    """What rules cover, as pairs of a name and numbers: one that is wrong is found by comparing dictionaries."""
    naming, named_tactics = collections.defaultdict(set), collections.defaultdict(set)
    for number, (_, tags) in enumerate(rules):
        for tag in tags:
            if match := TECHNIQUE.match(tag):
                naming[match[1].upper()].add(number)
            elif tag.startswith("attack."):
                named_tactics[tag[7:].replace("_", "-")].add(number)
    below = collections.defaultdict(set)
    for technique in techniques:
        below[technique] |= naming[technique]
        if technique in parents:
            below[parents[technique]] |= naming[technique]
    # What is not in use any more is below its parent all the same.
    levels = lambda numbers: {level: sum(rules[number][0] == level for number in numbers) for level in LEVELS}
    counted = {technique: (len(naming[technique]), len(below[technique]), levels(naming[technique]))
               for technique in techniques}
    for short_name, tactic in tactics.items():
        inside = [technique for technique, of in techniques.items() if tactic in of]
        counted[tactic] = (len(named_tactics[short_name]), len(set().union(*(naming[each] for each in inside))),
                           len(inside), sum(bool(naming[each]) for each in inside),
                           levels(named_tactics[short_name]))
    return counted


def counted_by(coverage):
    counted = {each["id"]: (each["rules"], each["with_subtechniques"]["rules"], each["by_severity"])
               for each in coverage["techniques"] if not each["revoked"] and not each["deprecated"]}
    for each in coverage["tactics"]:
        counted[each["id"]] = (each["rules"], each["by_technique"]["rules"], each["techniques"]["total"],
                               each["techniques"]["covered"], each["by_severity"])
    return counted


def differences(ours, theirs):
    return [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]


class Coverage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.end)
        cls.client = cls.server.client()
        cls.rules, cls.bundle = read_rules(RULES), read_bundle(BUNDLE)
        before = cls.processor_milliseconds()
        cls.imported = cls.post("/mitre/import", BUNDLE.read_bytes())
        cls.import_milliseconds = cls.processor_milliseconds() - before
        status = pathlib.Path(f"/proc/{cls.server.process.pid}/status").read_text()
        cls.kib = int(re.search(r"VmHWM:\s*(\d+)", status)[1])
        assert cls.post("/rules/import", RULES.read_bytes())["created"] == len(cls.rules)

    @classmethod
    def post(cls, path, body):
        reply = cls.client.request("POST", "/api/v1" + path, body, headers=FILE)
        assert reply.status == 200, reply
        return reply.json()

    def get(self, path, **query):
        reply = self.client.get("/api/v1/mitre" + path, query)
        self.assertEqual(reply.status, 200, reply)
        return reply.json()

    def test_the_import_is_quick_and_whole(self):
        kinds = self.imported["kinds"]
        self.assertLess(self.import_milliseconds, IMPORT_MILLISECONDS_MAX)
        self.assertLess(self.kib, IMPORT_KIB_MAX)
        self.assertEqual({name: counts["created"] for name, counts in kinds.items()},
                         {"tactics": 14, "matrices": 1, "data_sources": 38, "data_components": 0, "techniques": 835})
        self.assertEqual(len(self.imported["warnings"]), 100)
        self.assertGreaterEqual(self.imported["warnings_count"], 100)

    def test_the_same_again_changes_nothing(self):
        before = self.get("/techniques", limit=1000)
        for body in (BUNDLE.read_bytes(), gzip.decompress(BUNDLE.read_bytes())):
            for counts in self.post("/mitre/import", body)["kinds"].values():
                self.assertEqual((counts["created"], counts["updated"], counts["absent"]), (0, 0, 0))
        self.assertEqual(self.get("/techniques", limit=1000), before)

    def test_coverage_is_what_a_plain_count_says(self):
        ours, theirs = count(self.rules, *self.bundle), counted_by(self.get("/coverage"))
        self.assertEqual(differences(ours, theirs), [])
        self.assertGreater(sum(numbers[0] > 0 for numbers in ours.values()), 300)
        # A count that is wrong by one rule is noticed.
        naming = next(i for i, (_, tags) in enumerate(self.rules) if "attack.t1059.001" in tags)
        fewer = count(self.rules[:naming] + self.rules[naming + 1:], *self.bundle)
        self.assertIn("T1059.001", differences(fewer, theirs))
        self.assertIn("T1059", differences(fewer, theirs))

    @classmethod
    def processor_milliseconds(cls):
        fields = pathlib.Path(f"/proc/{cls.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def test_reports_do_not_look_at_rules_one_by_one(self):
        for path in ("/coverage", "/statistics", "/matrix"):
            before = self.processor_milliseconds()
            for _ in range(20):
                self.get(path)
            self.assertLess((self.processor_milliseconds() - before) / 20, REPORT_MILLISECONDS_MAX, path)

    def test_statistics_add_up(self):
        ours, (techniques, parents, _) = count(self.rules, *self.bundle), self.bundle
        found = self.get("/statistics")
        for kind, members in (("techniques", [each for each in techniques if "." not in each]),
                              ("subtechniques", [each for each in techniques if "." in each])):
            covered = sum(ours[each][0] > 0 for each in members)
            self.assertEqual((found[kind]["total"], found[kind]["covered"], found[kind]["uncovered"]),
                             (len(members), covered, len(members) - covered))
            self.assertAlmostEqual(found[kind]["percent"], 100 * covered / len(members), delta=0.06)
        self.assertEqual(found["rules"]["all"]["rules"], len(self.rules))

    def test_the_matrix_has_each_technique_of_each_tactic(self):
        techniques, parents, _ = self.bundle
        [matrix] = self.get("/matrix")["matrices"]
        shown = collections.defaultdict(set)
        for tactic in matrix["tactics"]:
            for technique in tactic["techniques"]:
                shown[technique["id"]].add(tactic["id"])
                for below in technique["subtechniques"]:
                    self.assertEqual(parents[below["id"]], technique["id"])
                    shown[below["id"]].add(tactic["id"])
        self.assertEqual(dict(shown), techniques)
        self.assertEqual([tactic["id"] for tactic in matrix["tactics"]],
                         self.get("/matrices/enterprise-attack")["tactics"])

    def test_lists_below_an_object(self):
        techniques, parents, tactics = self.bundle
        below = self.get("/techniques/T1059/subtechniques", limit=1000, revoked="false", deprecated="false")
        self.assertEqual([each["id"] for each in below["items"]], sorted(key for key, of in parents.items() if of == "T1059"))
        rules = self.get("/techniques/T1059.001/rules", limit=1, count="true")
        self.assertEqual(rules["total"], count(self.rules, *self.bundle)["T1059.001"][0])
        inside = self.get("/tactics/TA0002/techniques", limit=1, count="true", revoked="false", deprecated="false")
        self.assertEqual(inside["total"], sum("TA0002" in of for of in techniques.values()))


if __name__ == "__main__":
    if absent := [path for path in (BUNDLE, RULES) if not path.exists()]:
        print(f"skipped: {absent[0]} is absent")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
