"""Clients write while the server archives its commits, and it is killed now and then. From the replies it is known which record came
with which commit: a restore to a commit, or to a time, must have exactly the records up to there.
Usage: point_in_time.py PROGRAM [--cycles N] [--points N] [--seed N] [--clients N]"""
import argparse
import contextlib
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time

from carrel_program import Server, run
from killed_client import KilledClient

COMMIT = "Carrel-Commit"
INTERVAL = 0.1  # s, of the archive
FLAGS = ["--archive-interval-ms", str(int(INTERVAL * 1000)), "--checkpoint-frames", "60", "--archive-base-every", "3s"]
# When what a kill kept from the archive was committed is known only so well, on both sides of the time in which that was.
VAGUE = 2 * INTERVAL + 1
CLOCKS_DIFFER = 0.02  # s, at most: that of files moves by ticks
PATIENCE = 60  # s
REACHED = re.compile(r": commit (\d+) of (\S+)( or before)?, generation (\d+), (\d+) commits applied")
BASE = re.compile(r"base at commit (\d+) of (\S+)")


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.told = {}    # id -> (commit, when it was sent, when it was answered)
        self.asked = {}   # id -> when it was sent; a kill came before the reply
        self.kills = []   # since when what was committed may not have been archived, and when the kill came

    def sent(self, record, at):
        with self.lock:
            self.asked[record] = at

    def killed(self, at, archived):
        """`archived` is the last commit that the archive is known to have had."""
        late = [sent for commit, sent, _ in self.told.values() if commit > archived]
        self.kills.append((min(late, default=at), at))

    def answered(self, record, commit):
        with self.lock:
            self.told[record] = (commit, self.asked.pop(record), time.time())


class Writer(KilledClient):
    def steps(self):
        return [self.post]

    def post(self):
        record = self.fresh()
        self.ledger.sent(record, time.time())
        if self.random.random() < 0.3:  # pages of events, too
            lines = "\n".join('{"n":%d,"mark":"%s","pad":"%s"}' % (n, record, "x" * self.random.randrange(300)) for n in range(40))
            self.client.post("/api/v1/events", lines, Content_Type="application/x-ndjson")
        reply = self.client.post("/api/v1/alerts", {"id": record, "title": "archived", "severity": "low"})
        if reply.status != 201:
            raise AssertionError(reply)
        self.ledger.answered(record, int(reply.headers[COMMIT]))


class Archive:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.path = self.directory / "archive"

    def restore(self, at):
        """The records of the restored database, the commit it says it has, and what was printed; or why it failed."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            target = f"{place}/restored.db"
            done = run("restore", "--archive", self.path, "--at", at, target)
            if done.returncode != 0:
                return None, done.stderr
            with contextlib.closing(sqlite3.connect(f"file:{target}?immutable=1", uri=True)) as database:
                held, = database.execute("SELECT sequence FROM carrel_commit").fetchone()
                records = {record for record, in database.execute("SELECT id FROM alerts WHERE title = 'archived'")}
            checked = run("check", "--database", target)
            if checked.returncode != 0:
                return None, f"carrel check: {checked.stdout}{checked.stderr}"
            return (records, held), done.stdout

    def list(self):
        return run("restore", "--archive", self.path, "--list").stdout

    def await_base(self):
        begun = time.monotonic()
        while not BASE.search(self.list()):
            if time.monotonic() - begun > PATIENCE:
                raise AssertionError("no base: " + self.list())
            time.monotonic()

    def files(self):
        return sorted(each for each in self.path.glob("*/*.cwal") if each.is_file())


def compare(ledger, records, sequence, what):
    """What is wrong with the records of a database that holds the commits up to `sequence`."""
    wrong = []
    for record, (commit, _, _) in ledger.told.items():
        if (record in records) != (commit <= sequence):
            wrong.append(f"{what}: {record} of commit {commit} is {'there' if record in records else 'missing'}")
    wrong += [f"{what}: {record} was never sent" for record in records - ledger.told.keys() - ledger.asked.keys()]
    return wrong


def restored_exactly(archive, ledger, at, what):
    """Violations, and the commit that was reached."""
    found, text = archive.restore(at)
    if found is None:
        return [f"{what}: {text}"], 0
    records, held = found
    told = REACHED.search(text)
    if not told or int(told.group(1)) != held:
        return [f"{what}: holds commit {held}, and says {text}"], held
    return compare(ledger, records, held, what), held


def at_commit(archive, ledger, commit):
    wrong, reached = restored_exactly(archive, ledger, commit, f"commit {commit}")
    return wrong if wrong or reached == commit else [f"commit {commit}: reached {reached}"]


def at_time(archive, ledger, moment):
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + ".%06dZ" % int(moment % 1 * 1e6)
    wrong, reached = restored_exactly(archive, ledger, text, text)
    is_vague = any(since - VAGUE < moment < kill + VAGUE for since, kill in ledger.kills)
    for record, (commit, sent, answered) in ledger.told.items():
        if answered < moment and commit > reached and not is_vague:
            wrong.append(f"{text}: {record} was answered {moment - answered:.3f} s before, and is missing")
        if sent > moment + CLOCKS_DIFFER and commit <= reached:
            wrong.append(f"{text}: {record} was sent {sent - moment:.3f} s later, and is there")
    return wrong


def archived_by(server):
    page = server.client().get("/metrics").body.decode()
    return float(re.search(r"^carrel_archive_sequence (\S+)$", page, re.M)[1])


def cycle(directory, ledger, name, pick, clients, kills):
    with Server(*FLAGS, "--archive", f"{directory}/archive", directory=directory) as server:
        writers = [Writer(server, ledger, f"{name}-{i}", pick.random()) for i in range(clients)]
        for writer in writers:
            writer.start()
        Archive(directory).await_base()
        wanted = len(ledger.told) + pick.randrange(50, 400)
        begun = time.monotonic()
        while len(ledger.told) < wanted and time.monotonic() - begun < PATIENCE:
            writers[0].join(0.01)
        if kills:
            archived = archived_by(server)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            at = time.time()
        else:
            server.stop()
        for writer in writers:
            writer.join(30)
        if kills:
            ledger.killed(at, archived)
        return [writer.wrong for writer in writers if writer.wrong]


def examine(archive, ledger, pick, points):
    bases = [int(base) for base, _ in BASE.findall(archive.list())]
    if archive.list().count("gap"):
        return ["there is a gap: " + archive.list()]
    commits = sorted({commit for commit, _, _ in ledger.told.values() if commit >= bases[0]})
    answered = sorted(when for commit, _, when in ledger.told.values() if commit > bases[0])
    wrong = []
    for commit in [commits[0], commits[-1], *pick.sample(commits, min(points, len(commits)))]:
        wrong += at_commit(archive, ledger, commit)
    for _ in range(points):
        wrong += at_time(archive, ledger, pick.uniform(answered[0], answered[-1] - CLOCKS_DIFFER))
    latest, reached = restored_exactly(archive, ledger, "latest", "latest")
    if not latest and reached < commits[-1]:
        latest = [f"latest: reached {reached} of {commits[-1]}"]
    return wrong + latest


def canaries(archive, ledger):
    """What is broken must be noticed, by the restore or by the comparison."""
    missed = []
    commits = sorted(commit for commit, _, _ in ledger.told.values())
    early = commits[-2] if commits[-2] != commits[-1] else commits[-1] - 1
    found, _ = archive.restore(early)
    if not compare(ledger, found[0], commits[-1], "canary"):
        missed.append("a commit that is missing")
    found, _ = archive.restore(commits[-1])
    if not compare(ledger, found[0], early, "canary"):
        missed.append("a commit too many")
    file = archive.files()[-1]
    sound = file.read_bytes()
    altered = bytearray(sound)
    altered[len(sound) // 2] ^= 1
    file.write_bytes(altered)
    found, text = archive.restore("latest")
    if found is not None or file.name not in text or ", byte " not in text:
        missed.append(f"an altered byte: {text}")
    file.write_bytes(sound)
    if len(archive.files()) > 2:
        lost = archive.files()[-2]
        aside = lost.with_suffix(".aside")
        lost.rename(aside)
        last_in_it = int(file.name.split("-")[1].split(".")[0]) - 1
        found, text = archive.restore(last_in_it)
        if found is not None:
            missed.append(f"a lost file: {text}")
        aside.rename(lost)
    return [f"the canary was not noticed: {each}" for each in missed]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    pick, ledger, directory = random.Random(given.seed), Ledger(), tempfile.mkdtemp(prefix="carrel-archive-")
    wrong = []
    for i in range(given.cycles):
        wrong += cycle(directory, ledger, f"c{i}", pick, given.clients, kills=i % 3 != 2 and i + 1 < given.cycles)
        if wrong:
            break
    archive = Archive(directory)
    if not wrong:
        wrong = examine(archive, ledger, pick, given.points) or canaries(archive, ledger)
    for each in wrong[:20]:
        print(each)
    if wrong:
        print(f"seed {given.seed}, kept: {directory}\n{archive.list()}")
        return 1
    print(f"{len(ledger.told)} records, {len(ledger.kills)} kills, {len(ledger.asked)} without a reply: exactly the commits up to "
          f"each of {2 * given.points + 3} points")
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
