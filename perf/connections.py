"""Many keep-alive connections at once, each of which sends."""
import resource
import select
import socket


class Connections:
    """Opens `count` connections to a port. Those that fail are counted, not raised."""

    def __init__(self, port, count, path):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < count + 64:
            raise RuntimeError(f"only {hard} open files are allowed")
        self.request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
        self.refused, self.errors, self.answers = 0, 0, 0
        self.sockets = {}
        for _ in range(count):
            try:
                one = socket.create_connection(("127.0.0.1", port), timeout=10)
                one.setblocking(False)
                self.sockets[one.fileno()] = one
            except OSError:
                self.refused += 1

    def send_all(self, seconds=30):
        """Each connection sends one request at once and waits for its reply."""
        poll = select.epoll()
        waiting = {}
        for number, one in self.sockets.items():
            poll.register(number, select.EPOLLIN)
            waiting[number] = b""
            one.sendall(self.request)
        while waiting:
            ready = poll.poll(seconds)
            if not ready:
                self.errors += len(waiting)
                break
            for number, _ in ready:
                self._receive(number, waiting, poll)
        poll.close()

    def _receive(self, number, waiting, poll):
        try:
            chunk = self.sockets[number].recv(65536)
        except OSError:
            chunk = b""
        waiting[number] += chunk
        head, found, body = waiting[number].partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")), None)
        is_whole = found and length is not None and len(body) >= length
        if is_whole and head.startswith(b"HTTP/1.1 200 "):
            self.answers += 1
        elif is_whole or not chunk:
            self.errors += 1
        else:
            return
        poll.unregister(number)
        del waiting[number]

    def close(self):
        for one in self.sockets.values():
            one.close()
