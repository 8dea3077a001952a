"""`carrel ingest` with --unwrap, --ingest-id and --resume."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from carrel_program import PROGRAM, Server, clean_environment, main, run


class IngestOptions(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-ingest-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.database = self.directory / "carrel.db"
        self.state = self.directory / "state.json"

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def into_both(self, *arguments):
        """Runs it into a file, and into a server."""
        yield run("ingest", *arguments, "--database", self.database), lambda: self.count_of_file()
        with Server() as server:
            client = server.client()
            yield (run("ingest", *arguments, "--url", server.url),
                   lambda: client.get("/api/v1/events/count").json()["count"])
            client.close()

    def count_of_file(self):
        with Server("--database", self.database, bare=True, directory=self.directory) as server:
            client = server.client()
            count = client.get("/api/v1/events/count").json()["count"]
            client.close()
            return count

    def test_wrapped_arrays(self):
        trail = self.file("trail.json", json.dumps({"Records": [{"eventTime": "2026-01-01T00:00:00Z", "n": n} for n in range(500)]},
                                                   indent=2))
        lines = self.file("lines.ndjson", '{"Records":[{"a":1},5]}\n{}\n{"Records":[{"a":2}]}\n')
        for ended, count in self.into_both("--unwrap", "Records", trail, lines):
            self.assertEqual(ended.returncode, 1, ended)
            self.assertEqual(ended.stdout.splitlines(), [
                f"{trail}: 500 accepted, 0 rejected", f"{lines}: 2 accepted, 2 rejected",
                "  line 2: is not a JSON object", "  line 3: has no array `Records`", "  2 without a time of their own",
                "total: 502 accepted, 2 rejected"])
            self.assertEqual(count(), 502)

    def test_a_document_that_is_cut_gives_what_came_before(self):
        cut = self.file("cut.json", '{"Records":[{"a":1},{"a":2},{"a":')
        for ended, count in self.into_both("--unwrap", "Records", cut):
            self.assertEqual(ended.returncode, 1, ended)
            self.assertIn("ends before its JSON does", ended.stderr)
            self.assertEqual(count(), 2)

    def test_a_file_s_own_mappings_hold(self):
        events = self.file("events.ndjson", '{"box":{"name":"web-1"},"Computer":"dc-1"}\n')

        def hosts(server):
            client = server.client()
            found = [event["host"] for event in client.get("/api/v1/events").json()["items"]]
            client.close()
            return sorted(found)

        with Server("--database", self.database, bare=True, directory=self.directory) as server:
            client = server.client()
            client.post("/api/v1/field-mappings", {"id": "m", "name": "boxes", "mappings": {"box.name": "host"}})
            self.assertEqual(client.post("/api/v1/field-mappings/m/lifecycle", {"to": "test"}).status, 200)
            client.close()
        self.assertEqual(run("ingest", events, "--database", self.database).returncode, 0)
        with Server("--database", self.database, bare=True, directory=self.directory) as server:
            self.assertEqual(run("ingest", events, "--url", server.url).returncode, 0)
            self.assertEqual(hosts(server), ["web-1", "web-1"])

    def test_an_identity_is_stored_once(self):
        events = self.file("events.ndjson", '{"id":1}\n{"id":2}\n{"id":1}\n')
        for ended, count in self.into_both("--ingest-id", "id", events, events):
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIn("  1 duplicates, not stored again", ended.stdout)
            self.assertIn("  3 duplicates, not stored again", ended.stdout)
            self.assertEqual(count(), 2)

    def test_a_file_that_has_grown_goes_on_where_it_ended(self):
        events = self.file("events.ndjson", "".join(f'{{"n":{n}}}\n' for n in range(1_000)))
        with Server() as server:
            def again(*more):
                return run("ingest", events, "--resume", self.state, "--url", server.url, *more)
            self.assertIn("total: 1000 accepted", again().stdout)
            self.assertIn("total: 0 accepted", again().stdout)
            with events.open("a") as file:
                file.write('{"n":1000}\nbroken\n')
            ended = again()
            self.assertIn("total: 1 accepted, 1 rejected", ended.stdout)
            self.assertIn("line 1002:", ended.stdout)
            self.assertEqual(again("--unwrap", "a").returncode, 2)
            events.write_text('{"another":"file"}\n' * 2_000)
            ended = again()
            self.assertEqual(ended.returncode, 1)
            self.assertIn("is not the file that was stored before", ended.stderr)
            client = server.client()
            self.assertEqual(client.get("/api/v1/events/count").json()["count"], 1_001)
            client.close()
        self.assertEqual(run("ingest", "-", "--resume", self.state, "--url", "http://127.0.0.1:1", stdin="").returncode, 2)

    def test_a_run_that_was_killed_goes_on_and_stores_each_event_once(self):
        count = 60_000
        events = self.file("events.ndjson", "".join(f'{{"n":{n},"text":"{"x" * 100}"}}\n' for n in range(count)))
        arguments = ["ingest", str(events), "--resume", str(self.state), "--database", str(self.database)]
        process = subprocess.Popen([PROGRAM, *arguments], env=clean_environment(), stdout=subprocess.DEVNULL)
        while not self.state.exists() and process.poll() is None:
            pass
        process.kill()
        process.wait()
        self.assertTrue(self.state.exists())
        ended = run(*arguments)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(self.count_of_file(), count)

    def test_a_state_that_is_none_is_refused(self):
        events = self.file("events.ndjson", "{}\n")
        for text in ("", "x", "{}", "[]"):
            self.state.write_text(text)
            ended = run("ingest", events, "--resume", self.state, "--database", self.database)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("--resume", ended.stderr)


if __name__ == "__main__":
    main()
