"""Events with an identity through crashes: a client that sends the same again until a reply says that all is stored finds each
event once, however often the server was killed meanwhile."""
import http.client
import tempfile
import threading
import unittest

from carrel_program import Server, main

EVENTS = 4_000
KILLS = 4


class Identities(unittest.TestCase):
    def send_all(self, server, part):
        """Sends a part in small requests until one fails. True if all were taken."""
        client = server.client()
        try:
            for first in range(0, EVENTS, 100):
                lines = "".join(f'{{"id":"{part}-{number}","text":"each once"}}\n' for number in range(first, first + 100))
                reply = client.post("/api/v1/events?ingest_id=id", lines, Content_Type="application/x-ndjson")
                if reply.status not in (200, 201):
                    return False
            return True
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def test_each_event_is_stored_once_through_kills(self):
        with tempfile.TemporaryDirectory(prefix="carrel-identities-") as folder:
            for kill in range(KILLS):
                server = Server(directory=folder)
                # Two clients send the same at once, and a third one something else.
                clients = [threading.Thread(target=self.send_all, args=(server, part)) for part in ("a", "a", "b")]
                for each in clients:
                    each.start()
                client = server.client()
                while client.get("/api/v1/events/count").json()["count"] < (kill + 1) * 1_000:
                    pass
                client.close()
                server.process.kill()
                for each in clients:
                    each.join()
                server.end()
            with Server(directory=folder) as server:
                self.assertTrue(self.send_all(server, "a"))
                self.assertTrue(self.send_all(server, "b"))
                client = server.client()
                self.assertEqual(client.get("/api/v1/events/count").json()["count"], 2 * EVENTS)
                for number in range(0, EVENTS, 137):
                    count = client.get("/api/v1/events/count", {"field.id": f"a-{number}"}).json()["count"]
                    self.assertEqual(count, 1, number)
                client.close()


if __name__ == "__main__":
    main()
