"""A service manager as a test has one: it hears what a service tells."""
import os
import socket
import tempfile

from carrel_program import clean_environment


class Manager:
    """The socket on which a service manager is notified."""

    def __init__(self, name=None):
        self.directory = tempfile.TemporaryDirectory(prefix="carrel-manager-")
        self.address = name or os.path.join(self.directory.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address.replace("@", "\0"))
        self.socket.settimeout(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.directory.cleanup()

    def environment(self, **more):
        return clean_environment(NOTIFY_SOCKET=self.address, **more)

    def next(self):
        lines = self.socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def until(self, key):
        """What is sent up to the first message with a key; that one is the last."""
        told = [self.next()]
        while key not in told[-1]:
            told.append(self.next())
        return told
