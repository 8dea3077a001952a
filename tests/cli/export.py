"""`carrel export`: rows of a server or a file, in pages, gone on with after a stop."""
import csv
import fcntl
import io
import json
import pathlib
import subprocess
import tempfile
import unittest

from carrel_program import PROGRAM, Server, main, run

EVENTS = 12_000  # more than two pages


def event(n):
    return {"n": n, "host": f"h{n % 3}", "text": 'a "quoted", cell\nof two lines' if n % 5 == 0 else "plain"}


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        text = "\n".join(json.dumps(event(n)) for n in range(EVENTS))
        reply = cls.server.client().post("/api/v1/events", text, Content_Type="application/x-ndjson")
        assert reply.json()["accepted"] == EVENTS, reply
        cls.directory = pathlib.Path(tempfile.mkdtemp(dir=cls.server.directory))

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def export(self, *arguments, status=0):
        done = run("export", "--url", self.server.url, *arguments)
        self.assertEqual(done.returncode, status, done)
        return done

    def test_all_events_come_in_order(self):
        rows = [json.loads(line) for line in self.export().stdout.splitlines()]
        self.assertEqual([row["fields"] for row in rows], [event(n) for n in range(EVENTS)])

    def test_filters_fields_and_limits(self):
        lines = self.export("--filter", "host=h1", "--fields", "n,host", "--limit", "3").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], [{"n": n, "host": "h1"} for n in (1, 4, 7)])
        lines = self.export("--q", "n:>=11990", "--fields", "id,n").stdout.splitlines()
        self.assertEqual([list(json.loads(line)) for line in lines], [["id", "n"]] * 10)
        self.assertEqual(len(self.export("--limit", "5001").stdout.splitlines()), 5001)
        self.assertEqual(self.export("--to", "2000-01-01T00:00:00Z").stdout, "")

    def test_csv_has_one_header_and_reads_back(self):
        text = self.export("--format", "csv", "--fields", "n,text").stdout
        table = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(table[0], ["n", "text"])
        self.assertEqual(table[1:], [[str(n), event(n)["text"]] for n in range(EVENTS)])

    def whole_and_resumed(self, format_of_rows, cut):
        whole, again = self.directory / f"whole.{format_of_rows}", self.directory / f"again-{cut}.{format_of_rows}"
        if not whole.exists():
            said = self.export("--format", format_of_rows, "--output", whole).stdout
            self.assertEqual(said, f"{whole}: {EVENTS} events\n")
        part = pathlib.Path(f"{again}.part")
        part.write_bytes(whole.read_bytes()[:cut])
        self.export("--format", format_of_rows, "--output", again, status=3)  # not without --resume
        self.assertEqual(part.stat().st_size, min(cut, whole.stat().st_size))
        said = self.export("--format", format_of_rows, "--output", again, "--resume").stdout
        self.assertIn(f"{EVENTS} events", said)
        self.assertEqual(again.read_bytes(), whole.read_bytes(), (format_of_rows, cut))
        self.assertFalse(part.exists())

    def test_a_run_that_was_cut_off_anywhere_is_gone_on_with(self):
        for format_of_rows in ("ndjson", "csv"):
            for cut in (0, 1, 50, 300, 5001, 777_777, 10**9):
                self.whole_and_resumed(format_of_rows, cut)

    def test_a_file_that_is_there_stays(self):
        there = self.directory / "there"
        there.write_text("mine")
        done = self.export("--output", there, status=3)
        self.assertEqual((there.read_text(), "File exists" in done.stderr), ("mine", True))
        done = self.export("--output", self.directory / "no/such/place", status=3)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_an_output_that_takes_no_more_is_no_fault_of_the_server(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "export", "--url", self.server.url], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, "stdout" in done.stderr), (3, True), done)

    def test_a_part_that_another_run_writes_stays(self):
        part = self.directory / "shared.part"
        part.write_text("theirs")
        with open(part, "rb") as theirs:
            fcntl.flock(theirs, fcntl.LOCK_EX)
            for more in ([], ["--resume"]):
                done = self.export("--output", self.directory / "shared", *more, status=4)
                self.assertIn(f"another export writes {part}", done.stderr)
        self.assertEqual(part.read_text(), "theirs")

    def test_what_is_refused_is_told(self):
        for arguments, status, word in [
                (["--q", "("], 5, "q"), (["--filter", "colour=red"], 5, "colour"), (["--from", "yesterday"], 5, "from"),
                (["--format", "xml"], 2, "xml"), (["--filter", "host"], 2, "NAME=VALUE"), (["--limit", "0"], 2, "limit"),
                (["--resume"], 2, "output"), (["--output", "x", "--resume", "--fields", "n"], 2, "--resume needs id")]:
            done = self.export(*arguments, status=status)
            self.assertIn(word, done.stderr, arguments)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_no_server_is_told(self):
        done = run("export", "--url", "http://127.0.0.1:1")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (5, 1), done)

    def test_a_reader_that_leaves_ends_it(self):
        running = subprocess.Popen([PROGRAM, "export", "--url", self.server.url], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.assertTrue(running.stdout.readline())
        running.stdout.close()
        running.stderr.read()
        self.assertNotEqual(running.wait(60), 0)

    def test_a_database_without_a_server(self):
        with Server() as other:
            self.assertEqual(other.client().post("/api/v1/events", [event(n) for n in range(300)]).status, 201)
            self.assertEqual(run("export", "--database", other.database).returncode, 4)
            self.assertEqual(other.stop(), 0)
            done = run("export", "--database", other.database, "--fields", "n", "--filter", "host=h0")
            self.assertEqual((done.returncode, [json.loads(line)["n"] for line in done.stdout.splitlines()]),
                             (0, list(range(0, 300, 3))))
            done = run("export", "--database", other.database, "--q", "(")
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (3, 1), done)
            self.assertIn("q", done.stderr)


main()
