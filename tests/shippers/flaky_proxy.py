"""A proxy that fails as servers and networks do: it answers 503 to some requests, and cuts others off after the server has
done what they asked for."""
import http.client
import http.server
import threading


class FlakyProxy:
    """Forwards to `server`. Of the POSTs and PUTs to paths that end with `suffix` the first `busy` get 503, and of those
    that are forwarded then the first `cut` get no reply."""

    def __init__(self, server, suffix, busy=0, cut=0):
        self.server, self.suffix = server, suffix
        self.busy, self.cut = busy, cut
        self.forwarded = 0
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                proxy.handle(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_any

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.listener.server_address[1]
        self.thread = threading.Thread(target=self.listener.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()

    def fate_of(self, request):
        """What becomes of a request: `busy`, `cut` or `forward`."""
        with self.lock:
            if request.command not in ("POST", "PUT") or not request.path.split("?")[0].endswith(self.suffix):
                return "forward"
            if self.busy > 0:
                self.busy -= 1
                return "busy"
            self.forwarded += 1
            if self.cut > 0:
                self.cut -= 1
                return "cut"
            return "forward"

    def handle(self, request):
        body = self.body_of(request)
        fate = self.fate_of(request)
        if fate == "busy":
            return self.reply(request, 503, {"Retry-After": "1", "Content-Type": "application/json"}, b"{}")
        headers = {name: value for name, value in request.headers.items()
                   if name.lower() not in ("host", "connection", "transfer-encoding", "content-length", "expect")}
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        connection.request(request.command, request.path, body=body or None, headers=headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if fate == "cut":
            request.close_connection = True
            return None
        kept = {name: value for name, value in response.getheaders()
                if name.lower() not in ("content-length", "connection", "transfer-encoding", "date")}
        return self.reply(request, response.status, kept, data)

    @staticmethod
    def body_of(request):
        if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(request.rfile.readline(), 16):
                body += request.rfile.read(size)
                request.rfile.readline()
            request.rfile.readline()
            return body
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))

    @staticmethod
    def reply(request, status, headers, body):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
