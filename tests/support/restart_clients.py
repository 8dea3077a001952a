"""Clients that go on while a server restarts, and count what is refused."""
import contextlib
import http.client
import itertools
import json
import threading


# For a server: on a busy machine a client may take its time between its connection and its request.
PATIENT_DRAIN = ("--drain-idle-ms", "10000")


class Clients:
    """Clients that connect for each request, one that keeps its connection as long as it may, and those that write: each
    event is a request and a connection of its own, and what was acknowledged is counted."""

    def __init__(self, port, count=3, writers=2):
        self.port, self.ends = port, threading.Event()
        self.answered, self.stored, self.refused, self.broken = 0, 0, [], []
        self.one_more = threading.Condition()
        self.numbers = itertools.count()
        loops = [self.connect_each_time] * count + [self.write_each_time] * writers + [self.keep_one]
        self.threads = [threading.Thread(target=each) for each in loops]
        for each in self.threads:
            each.start()

    def ask(self, client):
        client.request("GET", "/health/live")
        reply = client.getresponse()
        reply.read()
        with self.one_more:
            self.answered += reply.status == 200
            if reply.status != 200:
                self.broken.append(reply.status)
            self.one_more.notify_all()
        return reply.will_close

    def write(self, client):
        client.request("POST", "/api/v1/events", json.dumps({"n": next(self.numbers)}), {"Content-Type": "application/json"})
        reply = client.getresponse()
        reply.read()
        with self.one_more:
            self.answered += reply.status == 201
            self.stored += reply.status == 201
            if reply.status != 201:
                self.broken.append(reply.status)
            self.one_more.notify_all()

    def connect_each_time(self):
        self.repeat(self.ask)

    def write_each_time(self):
        self.repeat(self.write)

    def repeat(self, work):
        while not self.ends.is_set():
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
                try:
                    work(client)
                except ConnectionRefusedError as error:
                    self.note_refusal(error)
                except (OSError, http.client.HTTPException) as error:
                    self.broken.append(error)

    def note_refusal(self, error):
        with self.one_more:
            self.refused.append(error)
            self.one_more.notify_all()

    def keep_one(self):
        client, is_new = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), True
        while not self.ends.is_set():
            try:
                is_new = self.ask(client)
            except ConnectionRefusedError as error:
                self.note_refusal(error)
            except (OSError, http.client.HTTPException) as error:
                # An idle connection may be closed at any time; a client then sends again on another one.
                if is_new:
                    self.broken.append(error)
                client.close()
                is_new = True
        client.close()

    def await_answers(self, count):
        """Waits for that many from now on."""
        with self.one_more:
            wanted = self.answered + count
            self.await_that(lambda: self.answered >= wanted)

    def await_stored(self, count):
        """Waits until that many events were acknowledged in all."""
        with self.one_more:
            self.await_that(lambda: self.stored >= count)

    def await_refusal(self):
        """Waits until a client was refused its connection."""
        with self.one_more:
            self.await_that(lambda: self.refused)

    def await_that(self, condition):
        if not self.one_more.wait_for(condition, timeout=60):
            raise TimeoutError(f"{self.answered} answers, {self.stored} events; broken: {self.broken[:3]}, refused: {self.refused[:3]}")

    def stop(self):
        self.ends.set()
        for each in self.threads:
            each.join()
