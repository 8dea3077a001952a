"""A request that is sent again carries the same key and the same bytes; what cannot pass is not sent again."""
import http.server
import json
import pathlib
import tempfile
import threading
import unittest

from carrel_program import main, run

ACCEPTED = (201, {}, {"accepted": 1, "rejected": 0, "errors": [], "first_id": "a", "last_id": "a"})
BUSY = (503, {"Retry-After": "0"}, {"type": "/problems/overloaded", "title": "overloaded", "status": 503})
INTERNAL = (500, {}, {"type": "/problems/internal", "title": "internal", "status": 500, "detail": "no luck"})
DROP = None  # the connection is closed without a reply


class Script(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    replies = []
    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Idempotency-Key"], self.headers["Content-Type"], body))
        reply = self.replies.pop(0)
        if reply is DROP:
            self.close_connection = True
            return
        status, headers, content = reply
        text = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(text))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class IngestRetry(unittest.TestCase):
    def ingest(self, *replies):
        Script.replies, Script.seen = list(replies), []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with tempfile.TemporaryDirectory() as directory:
                file = pathlib.Path(directory) / "a.ndjson"
                file.write_text('{"a":1}\n')
                return run("ingest", file, "--url", f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def test_overload_is_waited_out_with_the_same_key(self):
        ended = self.ingest(BUSY, BUSY, ACCEPTED)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(len(Script.seen), 3)
        self.assertEqual(len(set(Script.seen)), 1)
        path, key, kind, body = Script.seen[0]
        self.assertEqual((path, kind, body), ("/api/v1/events", "application/x-ndjson", b'{"a":1}\n'))
        self.assertTrue(key)

    def test_a_lost_connection_is_made_anew_with_the_same_key(self):
        ended = self.ingest(BUSY, DROP, ACCEPTED)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(len(Script.seen), 3)
        self.assertEqual(len(set(Script.seen)), 1)

    def test_a_connection_lost_before_the_first_reply_is_made_anew(self):
        ended = self.ingest(DROP, ACCEPTED)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual((len(Script.seen), len(set(Script.seen))), (2, 1))

    def test_attempts_end(self):
        ended = self.ingest(*[BUSY] * 20)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (5, 1), ended)
        self.assertIn("503", ended.stderr)
        self.assertEqual(len(Script.seen), 8)

    def test_an_error_that_does_not_pass_is_reported(self):
        ended = self.ingest(INTERNAL)
        self.assertEqual((ended.returncode, len(Script.seen)), (5, 1), ended)
        self.assertIn("500: no luck", ended.stderr)
        # The name of the run, under which it can be repeated.
        self.assertRegex(ended.stderr, "--run [0-9a-f-]{36}$")

    def test_no_server_is_reported_at_once(self):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.write('{"a":1}\n')
            file.flush()
            ended = run("ingest", file.name, "--url", "http://127.0.0.1:1")
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (5, 1), ended)
        self.assertIn("127.0.0.1:1", ended.stderr)


main()
