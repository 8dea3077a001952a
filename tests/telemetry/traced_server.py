"""What the tests of traces share: a server that sends them to a collector that is strict."""
import re
import time
import unittest

from carrel_program import Server, clean_environment
from collector import Collector

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def environment(**more):
    return clean_environment(**({"OTEL_BSP_SCHEDULE_DELAY": "50"} | more))


def traceparent(flags="01", trace=TRACE, parent=PARENT):
    return f"00-{trace}-{parent}-{flags}"


class Case(unittest.TestCase):
    def collect(self, *flags, collector=None, **env):
        collector = collector or Collector()
        self.addCleanup(collector.close)
        server = Server("--otlp-endpoint", collector.url, *flags, env=environment(**env))
        self.addCleanup(server.end)
        return server, collector

    def spans(self, collector, count, of=lambda span: True):
        self.assertTrue(collector.wait(lambda it: it.faults or sum(map(of, it.spans)) >= count), collector.spans)
        self.assertEqual(collector.faults, [])
        return [span for span in collector.spans if of(span)]

    def servers(self, collector, count):
        return self.spans(collector, count, lambda span: span["kind"] == 2)

    def eventually(self, holds, at_most_s=60):
        """Of what the server counts a moment after the collector has answered."""
        end = time.monotonic() + at_most_s
        while not holds():
            if time.monotonic() > end:
                return False
        return True

    def counted(self, client, outcome):
        found = re.search(r'^carrel_traced_requests_total\{outcome="%s"\} (\S+)$' % outcome, client.get("/metrics").body.decode(), re.M)
        return float(found[1])
