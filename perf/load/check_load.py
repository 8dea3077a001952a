"""carrel_load must see what is wrong. Usage: check_load.py CARREL_LOAD

A server of our own answers rightly, with another body, with another status, with less than was asked for, or not at all."""
import json
import socketserver
import subprocess
import sys
import threading

ALIVE = b'{"status":"alive"}'


def answer(status, body):
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            line = self.rfile.readline()
            while line.strip():
                line = self.rfile.readline()
            if not line:
                return
            self.wfile.write(self.server.reply)
            if self.server.closes:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def run(program, reply, closes=False):
    with Server(("127.0.0.1", 0), Handler) as server:
        server.reply, server.closes = reply, closes
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run([program, f"127.0.0.1:{server.server_address[1]}", "--mix", "live=1", "--connections", "2",
                               "--warm-up", "0", "--seconds", "10", "--requests", "20"], stdout=subprocess.PIPE, timeout=60)
        server.shutdown()
    return done.returncode, json.loads(done.stdout)


def main():
    program, failed = sys.argv[1], []
    for name, reply, closes, is_right in (
            ("a right answer", answer(200, ALIVE), False, True),
            ("another body", answer(200, b'{"status":"alike"}'), False, False),
            ("another status", answer(503, ALIVE), False, False),
            ("a connection that breaks", answer(200, ALIVE)[:-1], True, False)):
        status, report = run(program, reply, closes)
        counted = report["answers"].get("GET 200", 0)
        if (status == 0) != is_right or (is_right and counted != 20) or (not is_right and not report["wrong"] + report["broken"]):
            failed.append(f"{name}: exit status {status}, {report}")
    print("\n".join(failed) or "carrel_load sees what is wrong")
    sys.exit(1 if failed else 0)


main()
