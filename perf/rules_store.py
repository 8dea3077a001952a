"""Rules at ten thousand: what an import takes, and the median of each list, search, count and facet that is asked for.

    perf/rules_store.py build/release/carrel RULES-ARCHIVE [--rules 10000] [--attack BUNDLE]

The rules are the archive's, again with other ids until there are as many. Each question is asked over one kept connection,
after the import and on the same machine; the goal stands beside it."""
import argparse
import http.client
import io
import pathlib
import re
import statistics
import tarfile
import tempfile
import time
import urllib.parse
import uuid

from programs import Carrel

TIMES = 15
QUESTIONS = [("newest 50", "/rules"), ("by name", "/rules?sort=name"), ("by severity", "/rules?sort=-severity"),
             ("one severity", "/rules?severity=critical"), ("severity, product and life",
              "/rules?severity=high&logsource.product=linux&lifecycle=experimental"),
             ("a category", "/rules?logsource.category=dns_query"), ("an author", "/rules?author=frack113"),
             ("a technique", "/rules?mitre_technique=T1059.001"), ("a rare technique", "/rules?mitre_technique=T1546.009"),
             ("a tactic", "/rules?mitre_tactic=persistence&limit=50"), ("a tag", "/rules?tag=attack.t1003.001"),
             ("a common word", "/rules?q=detects"), ("a rare word", "/rules?q=mimikatz"), ("a word that is nowhere", "/rules?q=qqzzxx"),
             ("words and a field", "/rules?q=powershell%20severity:high"), ("how many", "/rules?limit=1&count=true&severity=high"),
             ("count", "/rules/count"), ("count of two filters", "/rules/count?severity=high&logsource.product=windows"),
             ("count of a technique", "/rules/count?mitre_technique=T1059.001"), ("facets", "/rules/facets"),
             ("facets of a product", "/rules/facets?logsource.product=linux"), ("facets of a tag", "/rules/facets?tag=attack.t1003.001")]
ATTACK = [("coverage", "/mitre/coverage", 20), ("statistics", "/mitre/statistics", 20), ("matrix", "/mitre/matrix", 20)]


def more_rules(archive, wanted):
    """Archives of the same rules with other ids, until there are as many as wanted."""
    with tarfile.open(archive) as packed:
        texts = [packed.extractfile(each).read() for each in packed if each.isfile() and each.name.endswith(".yml")]
    yield archive.read_bytes(), len(texts)
    made, turn = len(texts), 0
    while made < wanted:
        turn += 1
        some = texts[:wanted - made]
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as into:
            for number, text in enumerate(some):
                fresh = uuid.uuid5(uuid.NAMESPACE_OID, f"{turn} {number}")
                text = re.sub(rb"^id: .*$", f"id: {fresh}".encode(), text, count=1, flags=re.MULTILINE)
                about = tarfile.TarInfo(f"{turn}/{number}.yml")
                about.size = len(text)
                into.addfile(about, io.BytesIO(text))
        yield out.getvalue(), len(some)
        made += len(some)


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method, path, body=None):
        """The seconds that it took, and the body."""
        began = time.perf_counter()
        self.connection.request(method, "/api/v1" + path, body, {"Carrel-Timeout-Ms": "60000"})
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status not in (200, 201):
            raise SystemExit(f"{method} {path}: {reply.status} {text[:300]!r}")
        return time.perf_counter() - began, text

    def median(self, path):
        return statistics.median(self.ask("GET", path)[0] for _ in range(TIMES)) * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--attack", type=pathlib.Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-rules-") as directory:
        server = Carrel(given.program, directory)
        try:
            client = Client(server.port)
            print("| what | took | goal |\n|---|---|---|")
            for turn, (archive, count) in enumerate(more_rules(given.archive, given.rules)):
                seconds, _ = client.ask("POST", "/rules/import", archive)
                if turn == 0:
                    print(f"| import of {count} rules | {seconds:.2f} s | 5 s |")
            if given.attack:
                seconds, _ = client.ask("POST", "/mitre/import", given.attack.read_bytes())
                print(f"| import of ATT&CK | {seconds:.2f} s | 10 s |")
            for name, path in QUESTIONS:
                print(f"| {name}: `{urllib.parse.unquote(path)}` | {client.median(path):.1f} ms | 10 ms |")
            for name, path, goal in ATTACK if given.attack else []:
                print(f"| {name}: `{path}` | {client.median(path):.1f} ms | {goal} ms |")
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
