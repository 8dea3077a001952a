"""Servers that the program talks to, and how a test waits for what it does in the background."""
import contextlib
import http.server
import threading
import time


@contextlib.contextmanager
def http_server(answer):
    """Answers each request with what `answer(path, headers, body)` gives: status, headers, body. Gives its URL and the requests."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((self.command, self.path, dict(self.headers), body))
            status, headers, text = answer(self.path, self.headers, body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that was killed
                self.send(status, headers, text)

        def send(self, status, headers, text):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = handle_any

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def finished(server, begun, at_most_s=60):
    """A job in the background once it is over."""
    end = time.monotonic() + at_most_s
    while time.monotonic() < end:
        job = server.get(begun.headers["Location"]).json()
        if job["state"] in ("succeeded", "failed"):
            return job
    raise AssertionError(f"not over: {job}")
