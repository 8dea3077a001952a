"""carrel check follows the audit log: whatever was done to it behind the server's back is found and named."""
import contextlib
import shutil
import sqlite3
import tempfile
import unittest

from audit_chain import hash_after
from carrel_program import Server, main, run

TRIGGERS = ("audit_is_not_changed", "audit_is_not_removed", "audit_genesis_is_not_changed", "audit_genesis_is_not_removed")
COLUMNS = "seq, at, principal, action, outcome, target, address, request_id, detail"
# What is done to a log of nine entries, and what check says.
CHANGES = {
    "a time": ("UPDATE audit SET at = at + 1 WHERE seq = 4", "audit entry 4 does not follow"),
    "a name where none was": ("UPDATE audit SET principal = '' WHERE seq = 4", "audit entry 4 does not follow"),
    "an action": ("UPDATE audit SET action = 'delete_rule' WHERE seq = 1", "audit entry 1 does not follow"),
    "an outcome": ("UPDATE audit SET outcome = 1 WHERE seq = 9", "audit entry 9 does not follow"),
    "one byte": ("UPDATE audit SET target = replace(target, 'alerts/a5', 'alerts/a6') WHERE seq = 5",
                 "audit entry 5 does not follow"),
    "a type": ("UPDATE audit SET target = CAST(target AS BLOB) WHERE seq = 5", "audit entry 5 does not follow"),
    "a detail": ("UPDATE audit SET detail = '{ }' WHERE seq = 4", "audit entry 4 does not follow"),
    "a hash": ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", "audit entry 4 does not follow"),
    "the genesis": ("UPDATE audit_genesis SET hash = zeroblob(32)", "audit entry 1 does not follow"),
    "no genesis": ("DELETE FROM audit_genesis", "the audit log has no genesis"),
    "the first entry removed": ("DELETE FROM audit WHERE seq = 1", "audit entry 1 is missing"),
    "some removed": ("DELETE FROM audit WHERE seq BETWEEN 3 AND 5", "audit entries 3 to 5 are missing"),
    "one removed, the rest renumbered": ("DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3",
                                         "audit entry 3 does not follow"),
    "two exchanged": ("UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; "
                      "UPDATE audit SET seq = 4 WHERE seq = -1", "audit entry 3 does not follow"),
    "one put in": (f"INSERT INTO audit({COLUMNS}, hash) SELECT 10, {COLUMNS[5:]}, hash FROM audit WHERE seq = 4",
                   "audit entry 10 does not follow"),
    "one before the first": (f"INSERT INTO audit({COLUMNS}, hash) SELECT 0, {COLUMNS[5:]}, hash FROM audit WHERE seq = 4",
                             "audit entry 0 has a number that no entry has"),
    "one replaced": (f"REPLACE INTO audit({COLUMNS}, hash) SELECT 6, {COLUMNS[5:]}, hash FROM audit WHERE seq = 4",
                     "audit entry 6 does not follow"),
    "all of it": ("DROP TABLE audit", "the audit log is missing"),
}


def written_anew(database):
    """Changes an entry and makes all hashes anew, as who may do everything with the file can."""
    database.execute("UPDATE audit SET target = '/alerts/other' WHERE seq = 2")
    before, = database.execute("SELECT hash FROM audit_genesis").fetchone()
    for row in database.execute(f"SELECT {COLUMNS} FROM audit ORDER BY seq").fetchall():
        before = hash_after(before, row)
        database.execute("UPDATE audit SET hash = ? WHERE seq = ?", (before, row[0]))


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        client = cls.server.client()
        cls.heads = [cls.head_of(client)]
        for i in range(1, 10):
            made = client.post("/api/v1/alerts", {"id": f"a{i}", "title": "t", "severity": "low"})
            assert made.status == 201, made
            gone = client.request("DELETE", f"/api/v1/alerts/a{i}")
            assert gone.status == 204, gone
            cls.heads.append(cls.head_of(client))
        cls.beside = run("check", "--database", cls.server.database)
        assert cls.server.stop() == 0

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    @staticmethod
    def head_of(client):
        told = client.get("/api/v1/audit/head").json()
        return f"{told['seq']}:{told['hash']}"

    @contextlib.contextmanager
    def changed(self, change):
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(self.server.database, f"{directory}/copy.db")
            with contextlib.closing(sqlite3.connect(f"{directory}/copy.db", isolation_level=None)) as database:
                for trigger in TRIGGERS:
                    database.execute(f"DROP TRIGGER {trigger}")
                change(database)
            yield f"{directory}/copy.db"

    def test_a_sound_log_is_ok_and_its_head_is_told(self):
        self.assertEqual((self.beside.returncode, self.beside.stderr), (0, ""))
        self.assertIn(f"head of the audit log: {self.heads[9]}\n", self.beside.stdout)
        for head in self.heads:
            found = run("check", "--database", self.server.database, "--audit-head", head)
            self.assertEqual(found.returncode, 0, found)

    def test_whatever_is_changed_is_found_and_named(self):
        for name, (sql, said) in CHANGES.items():
            with self.subTest(name), self.changed(lambda database: database.executescript(sql)) as path:
                found = run("check", "--database", path)
                self.assertEqual(found.returncode, 1, found)
                self.assertIn(said, found.stdout)
                self.assertEqual(len(found.stdout.splitlines()), 1, found)

    def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_kept(self):
        with self.changed(lambda database: database.execute("DELETE FROM audit WHERE seq > 7")) as path:
            self.assertEqual(run("check", "--database", path).returncode, 0)
            self.assertEqual(run("check", "--database", path, "--audit-head", self.heads[7]).returncode, 0)
            found = run("check", "--database", path, "--audit-head", self.heads[9])
            self.assertEqual(found.returncode, 1, found)
            self.assertIn("audit entries 8 to 9 are missing", found.stdout)

    def test_a_log_that_was_written_anew_is_found_by_a_head_that_was_kept(self):
        with self.changed(written_anew) as path:
            self.assertEqual(run("check", "--database", path).returncode, 0)
            self.assertEqual(run("check", "--database", path, "--audit-head", self.heads[1]).returncode, 0)
            found = run("check", "--database", path, "--audit-head", self.heads[5])
            self.assertEqual(found.returncode, 1, found)
            self.assertIn("audit entry 5 has another hash", found.stdout)

    def test_the_log_of_another_database_is_none_of_this_one(self):
        with Server() as other:
            self.assertNotEqual(self.head_of(other.client()), self.heads[0])
            found = run("check", "--database", other.database, "--audit-head", self.heads[0])
            self.assertEqual(found.returncode, 1, found)

    def test_what_is_no_head_is_refused(self):
        for wrong in ("7", "7:", "x:" + "0" * 64, "7:" + "0" * 63, "7:" + "g" * 64, "-1:" + "0" * 64, ":" + "0" * 64):
            with self.subTest(wrong):
                found = run("check", "--database", self.server.database, f"--audit-head={wrong}")
                self.assertEqual(found.returncode, 2, found)
                self.assertIn("--audit-head", found.stderr)


main()
