"""Hostile clients, and good ones at a bad time. Each attack is a number of sockets driven by one thread."""
import os
import selectors
import socket
import statistics
import threading
import time


def connect(port, receive_bytes=None):
    client = socket.socket()
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    return client


class Crowd(threading.Thread):
    """`count` connections that send `first` and then `more` every second. How long each lived is in `lives`; those that do
    not read are counted from the first byte of their reply, and `refused` of them got a 503 or 504."""

    def __init__(self, port, count, first, more=b"", receive_bytes=None, reads=True, seconds_max=60):
        super().__init__(daemon=True)
        self.lives, self.left, self.more, self.reads, self.end = [], {}, more, reads, time.monotonic() + seconds_max
        self.refused, self.answered = 0, set()
        self.picker = selectors.DefaultSelector()
        for _ in range(count):
            client = connect(port, receive_bytes)
            client.send(first)
            self.left[client] = time.monotonic()
            self.picker.register(client, selectors.EVENT_READ)
        self.sent_at = time.monotonic()

    def run(self):
        while self.left and time.monotonic() < self.end:
            if self.reads:
                for key, _ in self.picker.select(0.05):
                    self.read(key.fileobj)
            else:
                threading.Event().wait(0.25)
                self.look_at_replies()
            if self.more and time.monotonic() - self.sent_at > 1:
                self.sent_at = time.monotonic()
                for client in list(self.left):
                    try:
                        client.send(self.more)
                    except OSError:
                        self.note_end(client)

    def read(self, client):
        try:
            if client.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.note_end(client)

    def look_at_replies(self):
        for client in list(self.left):
            if client not in self.answered:
                self.look_for_reply(client)
            if client not in self.left:
                continue
            state = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            if state != 1:  # not ESTABLISHED
                self.note_end(client)

    def look_for_reply(self, client):
        try:
            head = client.recv(16, socket.MSG_PEEK)
        except OSError:
            return
        if head.startswith((b"HTTP/1.1 503", b"HTTP/1.1 504")):
            self.refused += 1
            self.picker.unregister(client)
            del self.left[client]
            client.close()
        elif head:
            self.answered.add(client)
            self.left[client] = time.monotonic()

    def note_end(self, client):
        begun = self.left.pop(client, None)
        if begun is not None:
            self.lives.append(time.monotonic() - begun)
            self.picker.unregister(client)
            client.close()

    def summary(self):
        longest = max(self.lives) if self.lives else float("nan")
        refused = f", {self.refused} refused" if self.refused else ""
        return f"{len(self.lives)} cut, the last after {longest:.1f} s{refused}, {len(self.left)} still open"


class Asker(threading.Thread):
    """Asks for one target again and again until `end`; a connection that ends is opened anew."""

    def __init__(self, port, target, end):
        super().__init__(daemon=True)
        self.port, self.target, self.end = port, target, end
        self.request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.times = {}  # status -> seconds of each; "reset" and "no reply" for those without

    def run(self):
        # The server's background readers are nice; clients must not take the processor from them.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        client = None
        while time.monotonic() < self.end:
            begun = time.monotonic()
            try:
                client = client or socket.create_connection(("127.0.0.1", self.port), timeout=30)
                client.sendall(self.request)
                status, closes = self.receive(client)
            except ConnectionRefusedError:
                return
            except OSError as error:
                status, closes = "reset" if isinstance(error, ConnectionResetError) else "no reply", True
            self.times.setdefault(status, []).append(time.monotonic() - begun)
            if closes:
                client.close()
                client = None
            if status == 503:
                threading.Event().wait(0.2)  # sooner than Retry-After says

    @staticmethod
    def receive(client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return "no reply", True
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        fields = head.lower()
        length = int(fields.split(b"content-length: ")[1].split(b"\r\n")[0]) if b"content-length: " in fields else 0
        while len(body) < length:
            more = client.recv(65536)
            if not more:
                return "no reply", True
            body += more
        return int(head[9:12]), b"connection: close" in fields


class Offer:
    """Offers requests for `targets`, in turn, at a set rate, whatever the server makes of them, from one thread that keeps
    connections open. `times` has the seconds of each answer by target and status, from when it was sent; `in_time` counts
    those that came before the end; `lags` is how late each was sent, which shows whether the figures are the server's."""

    def __init__(self, port, rate, seconds, targets):
        self.port, self.rate, self.seconds, self.targets = port, rate, seconds, targets
        self.picker, self.idle, self.busy = selectors.DefaultSelector(), [], {}
        self.times, self.in_time, self.lags = {}, {}, []

    def run(self, grace=10):
        begin, sent = time.monotonic(), 0
        self.end = begin + self.seconds
        while True:
            now, due = time.monotonic(), begin + sent / self.rate
            if due >= self.end and (not self.busy or now > self.end + grace):
                break
            if due < self.end and now >= due:
                self.send(self.targets[sent % len(self.targets)], due)
                sent += 1
                continue
            until = due if due < self.end else self.end + grace
            for key, _ in self.picker.select(min(until - now, 0.2)):
                self.receive(key.fileobj)
        for client in [*self.busy, *self.idle]:
            client.close()
        return self

    def send(self, target, due):
        client = self.idle.pop() if self.idle else connect(self.port)
        client.send(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        now = time.monotonic()
        self.lags.append(now - due)
        self.busy[client] = [target, now, b""]
        self.picker.register(client, selectors.EVENT_READ)

    def receive(self, client):
        asked = self.busy[client]
        try:
            more = client.recv(1 << 20)
        except OSError:
            more = b""
        asked[2] += more
        head, separator, body = asked[2].partition(b"\r\n\r\n")
        fields = head.lower()
        length = int(fields.split(b"content-length: ")[1].split(b"\r\n")[0]) if b"content-length: " in fields else 0
        if not more or (separator and len(body) >= length):
            self.note(client, int(head[9:12]) if more else "no reply", bool(more) and b"connection: close" not in fields)

    def note(self, client, status, stays):
        target, begun, _ = self.busy.pop(client)
        now = time.monotonic()
        self.times.setdefault((target, status), []).append(now - begun)
        if now <= self.end:
            self.in_time[target, status] = self.in_time.get((target, status), 0) + 1
        self.picker.unregister(client)
        if stays:
            self.idle.append(client)
        else:
            client.close()

    def goodput(self, target):
        return self.in_time.get((target, 200), 0) / self.seconds


def ask(port, target, clients, seconds):
    """The times by status of so many clients over so many seconds."""
    end = time.monotonic() + seconds
    askers = [Asker(port, target, end) for _ in range(clients)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    merged = {}
    for each in askers:
        for status, times in each.times.items():
            merged.setdefault(status, []).extend(times)
    return merged


def quantile(times, part):
    return sorted(times)[min(len(times) - 1, int(part * len(times)))] if times else float("nan")


def median_ms(times):
    return 1000 * statistics.median(times) if times else float("nan")
