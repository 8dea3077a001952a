"""Many clients change one rule at once, each by what it has read: nothing is lost. Usage: many_writers.py PROGRAM"""
import json
import threading
import unittest

from carrel_program import Server

CLIENTS, CHANGES = 20, 50


def add_one(client, guarded):
    """Reads the number in the description and writes the next one; tells whether that was taken."""
    read = client.get("/api/v1/rules/r")
    number = int(read.json()["description"])
    tag = {"If-Match": read.headers["ETag"]} if guarded else {}
    wrote = client.request("PATCH", "/api/v1/rules/r", json.dumps({"description": str(number + 1)}),
                           {"Content-Type": "application/json", **tag})
    if wrote.status not in (200, 412):
        raise AssertionError(f"{wrote}")
    return wrote.status == 200


class ManyWriters(unittest.TestCase):
    def count(self, guarded):
        """The number at the end, and the rule's version."""
        with Server() as server:
            made = server.client().post("/api/v1/rules", json.dumps(
                {"id": "r", "name": "n", "severity": "low", "query": "x", "description": "0"}),
                Content_Type="application/json")
            self.assertEqual(made.status, 201, made)
            failures = []

            def work():
                client = server.client()
                try:
                    for _ in range(CHANGES):
                        while not add_one(client, guarded):
                            pass
                except Exception as failure:  # noqa: BLE001: told below
                    failures.append(failure)

            threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            rule = server.client().get("/api/v1/rules/r").json()
            versions = server.client().get("/api/v1/rules/r/versions?limit=1000").json()["items"]
            return int(rule["description"]), rule["version"], versions

    def test_a_thousand_changes_have_a_thousand_effects(self):
        number, version, versions = self.count(guarded=True)
        self.assertEqual(number, CLIENTS * CHANGES)
        self.assertEqual(version, CLIENTS * CHANGES + 1)
        self.assertEqual([each["version"] for each in versions], list(range(CLIENTS * CHANGES, 0, -1)))

    def test_without_a_condition_changes_are_lost(self):
        """So that the test above can fail."""
        number, _, _ = self.count(guarded=False)
        self.assertLess(number, CLIENTS * CHANGES)


if __name__ == "__main__":
    unittest.main(argv=["many_writers"], verbosity=2)
