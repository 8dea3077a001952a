"""carrel ingest into a server and into a file: the same events, the same summary."""
import gzip
import json
import pathlib
import tempfile
import threading
import unittest

from carrel_program import Server, kept_port, main, run

GOOD = [{"EventID": i, "Hostname": f"host{i % 3}", "Message": f"number {i}"} for i in range(2_000)]


class Ingest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-ingest-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        lines = [json.dumps(event) for event in GOOD]
        lines.insert(1_500, '{"broken":')
        lines.insert(3, "")
        self.text = "\n".join(lines) + "\n"
        self.plain = self.directory / "a.ndjson"
        self.plain.write_text(self.text)
        self.zipped = self.directory / "b.ndjson.gz"
        self.zipped.write_bytes(gzip.compress("".join(json.dumps(event) + "\n" for event in GOOD[:10]).encode()))

    def assert_summary(self, ended):
        self.assertEqual((ended.returncode, ended.stderr), (1, ""), ended)
        lines = ended.stdout.splitlines()
        self.assertEqual(lines[0], f"{self.plain}: 2000 accepted, 1 rejected")
        self.assertRegex(lines[1], r"^  line 1502: .")
        self.assertEqual(lines[2:], ["  2000 without a time of their own", f"{self.zipped}: 10 accepted, 0 rejected",
                                     "  10 without a time of their own", "total: 2010 accepted, 1 rejected"])

    def assert_stored(self, server):
        client = server.client()
        self.assertEqual(client.get("/api/v1/events/count").json(), {"count": 2010})
        self.assertEqual(client.get("/api/v1/events/count", {"host": "host1"}).json(),
                         {"count": sum(event["Hostname"] == "host1" for event in GOOD + GOOD[:10])})

    def test_into_a_server(self):
        with Server() as server:
            self.assert_summary(run("ingest", self.plain, self.zipped, "--url", server.url))
            self.assert_stored(server)

    def test_into_a_file(self):
        database = self.directory / "carrel.db"
        self.assert_summary(run("ingest", self.plain, self.zipped, "--database", database))
        with Server(directory=self.directory) as server:
            self.assert_stored(server)

    def test_from_stdin_plain_and_zipped(self):
        with Server() as server:
            ended = run("ingest", "-", "--url", server.url, stdin="".join(json.dumps(event) + "\n" for event in GOOD[:5]))
            self.assertEqual((ended.returncode, ended.stdout.splitlines()[-1]), (0, "total: 5 accepted, 0 rejected"))
            ended = run("ingest", "-", "--url", server.url, stdin=self.zipped.read_bytes())
            self.assertEqual(ended.returncode, 0)
            self.assertEqual(server.client().get("/api/v1/events/count").json(), {"count": 15})

    def test_a_file_of_refused_lines_only(self):
        self.plain.write_text("nothing\n\nuse")
        with Server() as server:
            by_url = run("ingest", self.plain, "--url", server.url)
        by_file = run("ingest", self.plain, "--database", self.directory / "carrel.db")
        for ended in (by_url, by_file):
            self.assertEqual(ended.returncode, 1, ended)
            self.assertEqual(ended.stdout.splitlines()[-1], "total: 0 accepted, 2 rejected")
            self.assertEqual([line.split(":")[0] for line in ended.stdout.splitlines()[1:3]], ["  line 1", "  line 3"])

    def test_an_empty_file_is_fine(self):
        self.plain.write_text("")
        with Server() as server:
            self.assertEqual(run("ingest", self.plain, "--url", server.url).returncode, 0)
        self.assertEqual(run("ingest", self.plain, "--database", self.directory / "carrel.db").returncode, 0)

    def test_line_numbers_go_on_from_request_to_request(self):
        filler = "x" * 10_000
        count = 4_000  # 40 MB: several requests
        with open(self.plain, "w") as file:
            for i in range(count):
                file.write("oops\n" if i in (5, count - 2) else '{"a":"%s"}\n' % filler)
        with Server() as server:
            ended = run("ingest", self.plain, "--url", server.url)
            self.assertEqual(ended.returncode, 1, ended)
            self.assertEqual(ended.stdout.splitlines()[-1], f"total: {count - 2} accepted, 2 rejected")
            self.assertEqual([line.split(":")[0] for line in ended.stdout.splitlines()[1:3]],
                             ["  line 6", f"  line {count - 1}"])

    def test_a_zipped_file_cut_short_is_reported_and_the_others_are_taken(self):
        self.zipped.write_bytes(gzip.compress(self.text.encode(), mtime=0)[:-2_000])
        self.plain.write_text('{"last":1}\n')
        with Server() as server:
            by_url = run("ingest", self.zipped, self.plain, "--url", server.url)
            count = server.client().get("/api/v1/events/count").json()["count"]
        by_file = run("ingest", self.zipped, self.plain, "--database", self.directory / "carrel.db")
        self.assertEqual(by_url.stdout, by_file.stdout)
        for ended in (by_url, by_file):
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (1, 1), ended)
            self.assertIn("b.ndjson.gz: ends before its gzip data does", ended.stderr)
            self.assertIn(f"{self.plain}: 1 accepted, 0 rejected", ended.stdout)
            self.assertIn(f"total: {count} accepted", ended.stdout.splitlines()[-1])
        self.assertGreater(count, 100)

    def test_padding_behind_gzip_counts_for_nothing_and_other_bytes_are_reported(self):
        packed = self.zipped.read_bytes()
        with Server() as server:
            self.zipped.write_bytes(packed + bytes(1000))
            self.assertEqual(run("ingest", self.zipped, "--url", server.url).returncode, 0)
            self.zipped.write_bytes(packed + packed)
            self.assertIn("total: 20 accepted", run("ingest", self.zipped, "--url", server.url).stdout)
            self.zipped.write_bytes(packed + b"more")
            ended = run("ingest", self.zipped, "--url", server.url)
        self.assertEqual((ended.returncode, ended.stdout.splitlines()[-1]), (1, "total: 10 accepted, 0 rejected"), ended)
        self.assertIn("other bytes behind the gzip data", ended.stderr)

    def test_a_pretty_printed_array_is_refused_with_what_to_send(self):
        self.plain.write_text(json.dumps(GOOD[:3], indent=2))
        with Server() as server:
            by_url = run("ingest", self.plain, "--url", server.url)
        by_file = run("ingest", self.plain, "--database", self.directory / "carrel.db")
        for ended in (by_url, by_file):
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("application/json", ended.stderr)
            self.assertIn("total: 0 accepted", ended.stdout)

    def test_a_server_killed_before_its_first_reply_stores_once(self):
        """The port stays the same; the first server dies while the request is on its way, the second one is started."""
        self.plain.write_text("".join('{"n":%d,"pad":"%s"}\n' % (i, "x" * 300) for i in range(30_000)))
        kept = kept_port()
        self.addCleanup(kept.close)
        address = "127.0.0.1:%d" % kept.getsockname()[1]
        flags = ("--listen", address, "--database", "carrel.db")
        first = Server(*flags, directory=self.directory, bare=True)
        ended = []
        sending = threading.Thread(target=lambda: ended.append(run("ingest", self.plain, "--url", first.url)))
        sending.start()
        client = first.client()
        while client.get("/api/v1/events/count").json()["count"] == 0:
            pass
        first.process.kill()
        first.end()
        with Server(*flags, directory=self.directory, bare=True) as second:
            sending.join()
            self.assertEqual(ended[0].returncode, 0, ended[0])
            self.assertEqual(ended[0].stdout.splitlines()[-1], "total: 30000 accepted, 0 rejected")
            self.assertEqual(second.client().get("/api/v1/events/count").json(), {"count": 30_000})

    def test_a_run_repeated_under_its_name_stores_nothing_twice(self):
        with Server() as server:
            for _ in range(2):
                ended = run("ingest", self.zipped, "--url", server.url, "--run", "nightly-1")
                self.assertEqual((ended.returncode, ended.stdout.splitlines()[-1]), (0, "total: 10 accepted, 0 rejected"))
            self.assertEqual(server.client().get("/api/v1/events/count").json(), {"count": 10})
        self.assertEqual(run("ingest", self.zipped, "--run", "a b").returncode, 2)


main()
