"""What is received is stored or counted, exactly: under a flood, at a stop in the middle, and without room on the disk."""
import socket
import threading
import unittest

from carrel_program import main
from listening import Listening, eventually, is_settled


class Flood:
    """Sends datagrams as fast as it can from a thread of its own, until it is ended or `most` are sent."""

    def __init__(self, listener, most):
        self.listener, self.most, self.sent = listener, most, 0
        self.is_ended = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            sender.connect((self.listener["host"], self.listener["port"]))
            while self.sent < self.most and not self.is_ended:
                try:
                    sender.send(b"<13>1 2026-11-27T00:00:00Z flood app - - - message %d of many" % self.sent)
                    self.sent += 1
                except ConnectionRefusedError:
                    pass  # nobody listens any more, which an earlier one has met: this one was not sent

    def end(self):
        self.is_ended = True
        self.thread.join()


class Accounting(unittest.TestCase):
    def start(self, *flags, **more):
        server = Listening(*flags, **more)
        self.addCleanup(server.end)
        return server

    def test_a_flood_by_udp_is_stored_or_counted(self):
        server = self.start()
        one = server.started("syslog", "udp")
        flood = Flood(one, 400_000)
        flood.thread.join()

        def is_whole():
            stats = server.stats(one)
            return stats["received"] + stats["lost"] == flood.sent and is_settled(stats)

        eventually(is_whole, 120)
        stats = server.stats(one)
        self.assertGreater(stats["stored"], 10_000)
        self.assertEqual(server.count(host="flood"), stats["stored"])

    def test_a_stop_in_the_middle_keeps_the_accounts(self):
        server = self.start()
        one = server.started("syslog", "udp")
        flood = Flood(one, 10_000_000)
        self.addCleanup(flood.end)
        for round_ in range(3):
            before = server.stats(one)["received"]
            eventually(lambda: server.stats(one)["received"] > before + 5_000)
            verb = "restart" if round_ < 2 else "stop"
            self.assertEqual(server.ask("POST", f"/listeners/{one['id']}/{verb}", status=200).json()["status"],
                             "running" if round_ < 2 else "stopped")
        flood.end()
        stats = server.stats(one)
        self.assertTrue(is_settled(stats), stats)
        self.assertEqual(server.count(host="flood"), stats["stored"])

    def test_sigterm_in_the_middle_keeps_the_accounts(self):
        server = self.start()
        one = server.started("syslog", "udp")
        flood = Flood(one, 10_000_000)
        self.addCleanup(flood.end)
        eventually(lambda: server.stats(one)["received"] > 20_000)
        self.assertEqual(server.stop(), 0)
        flood.end()
        again = self.start(directory=server.directory)
        again.ask("POST", f"/listeners/{one['id']}/stop", status=200)
        stats = again.stats(one)
        self.assertTrue(is_settled(stats), stats)
        self.assertEqual(again.count(host="flood"), stats["stored"])

    def test_a_stop_stores_what_tcp_has_brought(self):
        server = self.start()
        one = server.started("json", "tcp")
        wires = [socket.create_connection((one["host"], one["port"]), timeout=30) for _ in range(5)]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.sendall(b"".join(b'{"host":"h","number":%d}\n' % number for number in range(1_000)))
        server.ask("POST", f"/listeners/{one['id']}/stop", status=200)
        stats = server.stats(one)
        self.assertEqual((stats["received"], stats["stored"]), (5_000, 5_000))
        self.assertEqual(server.count(host="h"), 5_000)

    def test_a_sender_that_never_pauses_does_not_hold_up_a_stop(self):
        server = self.start()
        one = server.started("syslog", "tcp")
        ended = threading.Event()

        def send():
            line = b"<13>1 - h app - - - never pauses\n" * 2_000
            with socket.create_connection((one["host"], one["port"]), timeout=30) as wire:
                try:
                    while not ended.is_set():
                        wire.sendall(line)
                except OSError:
                    pass

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: server.stats(one)["received"] > 10_000)
            server.ask("POST", f"/listeners/{one['id']}/stop", status=200)
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        stats = server.stats(one)
        self.assertTrue(is_settled(stats), stats)
        self.assertEqual(server.count(), stats["stored"])  # lines that the stop cut off among them


if __name__ == "__main__":
    main()
