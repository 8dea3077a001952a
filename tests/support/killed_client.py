"""A client of a server that is killed while it is served."""
import http.client
import random
import threading


class KilledClient(threading.Thread):
    """Does one of `steps` after the other, chosen at random by `seed`, until the server is gone. What was on the way when it was killed stays open in
    the ledger. `wrong` is what else ended it."""

    def __init__(self, server, ledger, name, seed):
        super().__init__(daemon=True)
        self.client, self.ledger, self.name, self.random = server.client(), ledger, name, random.Random(seed)
        self.made, self.wrong = 0, None

    def steps(self):
        raise NotImplementedError

    def fresh(self):
        """The name of a record that no other client makes."""
        self.made += 1
        return f"{self.name}-{self.made}"

    def run(self):
        steps = self.steps()
        try:
            while True:
                self.random.choice(steps)()
        except (OSError, http.client.HTTPException):
            pass  # killed
        except Exception as wrong:
            self.wrong = repr(wrong)
