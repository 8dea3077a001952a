"""A server whose listeners a test makes, starts and counts."""
import contextlib
import socket
import ssl
import subprocess
import time

from carrel_program import Server, kept_port


def eventually(check, seconds=60):
    """Looks again until it holds: what is asynchronous by nature has no other sign."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            raise AssertionError("it never came about")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Listening(Server):
    def ask(self, method, path, body=None, status=None, **headers):
        client = self.client()
        try:
            reply = client.request(method, "/api/v1" + path, body, headers)
        finally:
            client.close()
        if status is not None and reply.status != status:
            raise AssertionError(f"{method} {path}: {reply}")
        return reply

    def make(self, kind, protocol, **more):
        """A listener on a free port, not started. One of TCP keeps it until the server ends."""
        port = more.pop("port", None) or (free_port(socket.SOCK_DGRAM) if protocol == "udp" else self.keep_port())
        body = {"name": f"{kind} {protocol}", "type": kind, "protocol": protocol, "host": "127.0.0.1", "port": port, **more}
        return self.ask("POST", "/listeners", body, 201).json()

    def keep_port(self):
        self.kept = [*getattr(self, "kept", ()), kept_port()]
        return self.kept[-1].getsockname()[1]

    def end(self):
        super().end()
        for each in getattr(self, "kept", ()):
            each.close()

    def started(self, kind, protocol, **more):
        made = self.make(kind, protocol, **more)
        now = self.ask("POST", f"/listeners/{made['id']}/start", status=200).json()
        if now["status"] != "running":
            raise AssertionError(now)
        return now

    def stats(self, listener):
        return self.ask("GET", f"/listeners/{listener['id']}/stats", status=200).json()

    def count(self, **filters):
        client = self.client()
        try:
            return client.get("/api/v1/events/count", filters).json()["count"]
        finally:
            client.close()

    def events(self, **filters):
        client = self.client()
        try:
            return client.get("/api/v1/events", {"limit": 1000, **filters}).json()["items"]
        finally:
            client.close()


def is_settled(stats):
    return stats["received"] == stats["stored"] + stats["dead_letters"] + stats["dropped"] and stats["queued"] == 0


def send_udp(listener, messages):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for message in messages:
            sender.sendto(message, (listener["host"], listener["port"]))


def send_tcp(listener, data):
    with socket.create_connection((listener["host"], listener["port"]), timeout=30) as wire:
        wire.sendall(data)


def make_certificate(folder):
    """A certificate and its key, as `carrel cert` makes them: their paths."""
    certificate, key = folder / "server.pem", folder / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key),
                    "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


class TlsListening(Listening):
    """As `Listening`, with a certificate; its own API is spoken by TLS, too."""

    def __init__(self, folder, **more):
        self.certificate, key = make_certificate(folder)
        super().__init__("--tls-cert", str(self.certificate), "--tls-key", str(key), **more)
        self.trust = ssl.create_default_context(cafile=str(self.certificate))

    def client(self):
        import http.client
        made = super().client()
        made.connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.trust)
        return made

    @contextlib.contextmanager
    def connect(self, listener):
        raw = socket.create_connection((listener["host"], listener["port"]), timeout=30)
        with self.trust.wrap_socket(raw, server_hostname="localhost") as wire:
            yield wire
