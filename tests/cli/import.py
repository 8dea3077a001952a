"""carrel import into a server and into a file: the same objects, the same summary, the statuses that say what was refused."""
import gzip
import io
import json
import os
import pathlib
import tarfile
import tempfile
import unittest

from carrel_program import Server, main, run


def stix(kind, key, **more):
    return {"type": kind, "id": f"{kind}--{key}", "name": f"n of {key}",
            "external_references": [{"source_name": "mitre-attack", "external_id": key}], **more}


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--1", "spec_version": "2.0", "objects": list(objects)})


TACTIC = stix("x-mitre-tactic", "TA0002", x_mitre_shortname="execution")
TECHNIQUE = stix("attack-pattern", "T1059",
                 kill_chain_phases=[{"kill_chain_name": "mitre-attack", "phase_name": "execution"}])
MATRIX = stix("x-mitre-matrix", "enterprise-attack", tactic_refs=["x-mitre-tactic--TA0002"])
RULE = "title: {0}\nlogsource: {{category: c}}\ndetection: {{a: {{b: c}}, condition: a}}\n"
BROKEN = "title: broken\n"


class Import(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="carrel-import-")
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        self.database = self.directory / "carrel.db"
        self.attack = self.directory / "attack.json.gz"
        self.attack.write_bytes(gzip.compress(bundle(TACTIC, TECHNIQUE, MATRIX).encode()))
        self.rules = self.directory / "rules"
        (self.rules / "deep").mkdir(parents=True)
        (self.rules / "one.yml").write_text(RULE.format("one"))
        (self.rules / "deep" / "two.yaml").write_text(RULE.format("two"))
        (self.rules / "README.md").write_text("no rule")

    def assert_attack(self, ended, counts):
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended)
        for kind in ("tactics", "matrices", "techniques"):
            self.assertIn(f"{self.attack}: {kind}: {counts}\n", ended.stdout)

    def assert_stored(self, server):
        client = server.client()
        self.assertEqual(client.get("/api/v1/mitre/techniques/T1059").json()["tactics"], ["TA0002"])
        self.assertEqual(client.get("/api/v1/rules/count").json(), {"count": 2})

    def test_indicators_into_a_server_and_into_a_file(self):
        listed = self.directory / "list.txt"
        listed.write_text("192.0.2.1\nevil.example\nnot an indicator at all !!\n192.0.2.1\n")
        with Server() as server:
            ended = run("import", "iocs", listed, "--url", server.url)
            self.assertEqual(ended.returncode, 1, ended)
            self.assertIn(f"{listed}: 2 created, 0 updated, 0 unchanged, 1 repeated, 1 rejected\n  line 3: ",
                          ended.stdout)
            self.assertEqual(server.client().get("/api/v1/iocs/count").json(), {"count": 2})
        many = self.directory / "many.txt"
        many.write_text("".join(f"10.0.{i // 250}.{i % 250}\n" for i in range(2_500)))
        ended = run("import", "iocs", many, "--database", self.database)
        self.assertEqual((ended.returncode, ended.stdout),
                         (0, f"{many}: 2500 created, 0 updated, 0 unchanged, 0 repeated, 0 rejected\n"), ended)
        ended = run("import", "iocs", many, "--database", self.database)
        self.assertIn("0 created, 0 updated, 2500 unchanged", ended.stdout)

    def test_into_a_server(self):
        with Server() as server:
            self.assert_attack(run("import", "attack", self.attack, "--url", server.url, "--dry-run"),
                               "1 created, 0 updated, 0 unchanged, 0 absent")
            self.assert_attack(run("import", "attack", self.attack, "--url", server.url),
                               "1 created, 0 updated, 0 unchanged, 0 absent")
            self.assert_attack(run("import", "attack", self.attack, "--url", server.url),
                               "0 created, 0 updated, 1 unchanged, 0 absent")
            ended = run("import", "sigma", self.rules, "--url", server.url)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended)
            self.assertEqual(ended.stdout, f"{self.rules}: 2 created, 0 updated, 0 unchanged, 0 rejected\n")
            self.assert_stored(server)

    def test_into_a_file(self):
        self.assert_attack(run("import", "attack", self.attack, "--database", self.database),
                           "1 created, 0 updated, 0 unchanged, 0 absent")
        ended = run("import", "sigma", self.rules, "--database", self.database)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended)
        with Server(directory=self.directory) as server:
            self.assert_stored(server)
            ended = run("import", "attack", self.attack, "--database", self.database)
            self.assertEqual(ended.returncode, 4, ended)

    def test_each_form_of_rules(self):
        packed = self.directory / "rules.tar.gz"
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(self.rules, "rules")
        many = self.directory / "many.yml"
        many.write_text(RULE.format("three") + "---\n" + RULE.format("four"))
        ended = run("import", "sigma", self.rules, packed, many, "--database", self.database)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended)
        self.assertEqual(ended.stdout.splitlines(), [
            f"{self.rules}: 2 created, 0 updated, 0 unchanged, 0 rejected",
            f"{packed}: 0 created, 0 updated, 2 unchanged, 0 rejected",
            f"{many}: 2 created, 0 updated, 0 unchanged, 0 rejected"])
        ended = run("import", "sigma", "-", "--database", self.database, stdin=RULE.format("five"))
        self.assertEqual(ended.stdout, "-: 1 created, 0 updated, 0 unchanged, 0 rejected\n")

    def test_what_is_refused_is_told_and_the_rest_is_stored(self):
        (self.rules / "broken.yml").write_text(BROKEN)
        with Server() as server:
            for target in (("--url", server.url), ("--database", self.database)):
                ended = run("import", "sigma", self.rules, *target)
                self.assertEqual((ended.returncode, ended.stderr), (1, ""), ended)
                lines = ended.stdout.splitlines()
                self.assertEqual(lines[0], f"{self.rules}: 2 created, 0 updated, 0 unchanged, 1 rejected")
                self.assertRegex(lines[1], r"^  broken\.yml line 1: .")

    def test_a_file_that_is_no_bundle_does_not_stop_the_next(self):
        wrong = self.directory / "wrong.json"
        wrong.write_text("{")
        with Server() as server:
            for target in (("--url", server.url), ("--database", self.database)):
                ended = run("import", "attack", wrong, self.attack, *target)
                self.assertEqual(ended.returncode, 1, ended)
                self.assertRegex(ended.stderr, rf"^carrel: import attack: {wrong}: .*not JSON at line 1, column 2\n$")
                self.assertIn("techniques: 1 created", ended.stdout)

    def test_a_wrong_name_stops_before_anything_is_stored(self):
        for wrong in (self.directory / "absent", self.rules):
            ended = run("import", "attack", self.attack, wrong, "--database", self.database)
            self.assertEqual((ended.returncode, ended.stdout), (3, ""), ended)
            self.assertIn(str(wrong), ended.stderr)
            self.assertFalse(self.database.exists())

    def test_a_directory_without_rules(self):
        empty = self.directory / "empty"
        empty.mkdir()
        os.symlink(self.rules / "one.yml", empty / "link.yml")
        ended = run("import", "sigma", empty, "--database", self.database)
        self.assertEqual((ended.returncode, ended.stdout), (1, ""), ended)
        self.assertIn("has no file that ends in .yml", ended.stderr)

    def test_what_is_asked_wrongly(self):
        for arguments in (("import",), ("import", "nothing"), ("import", "attack"),
                          ("import", "attack", self.attack, "--url", "ftp://x"),
                          ("import", "attack", self.attack, "--url", "http://x", "--database", "y")):
            ended = run(*arguments)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1), ended)
        ended = run("import", "attack", self.attack, "--url", "http://127.0.0.1:1")
        self.assertEqual(ended.returncode, 5, ended)
        ended = run("import", "--help")
        self.assertEqual(ended.returncode, 0)
        self.assertIn("sigma", ended.stdout)

    def test_names_of_files_do_not_reach_the_terminal_as_they_are(self):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            member = tarfile.TarInfo("a\x1b[2Jb.yml")
            member.size = len(BROKEN)
            archive.addfile(member, io.BytesIO(BROKEN.encode()))
        ended = run("import", "sigma", "-", "--database", self.database, stdin=packed.getvalue())
        self.assertEqual(ended.returncode, 1)
        self.assertNotIn(b"\x1b", ended.stdout + ended.stderr)


if __name__ == "__main__":
    main()
