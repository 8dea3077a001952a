"""Segments whose bytes are damaged: every answer is right or an error that is logged, the server goes on, and carrel check
names the segment. Usage: damaged.py PROGRAM [--mutations N] [--seed N]"""
import argparse
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile

from carrel_program import Server, run

EVENTS = 5000  # more than a sealed segment holds
PARTS = [("event_segments", "seq", part) for part in ("filter", "columns", "data")]
PARTS += [("segment_summaries", "segment", part) for part in ("paths", "texts")]
QUESTIONS = [
    ("/api/v1/events", {"limit": 300, "sort": "timestamp"}),
    ("/api/v1/events", {"limit": 200}),
    ("/api/v1/events", {"limit": 50, "q": "rare7"}),
    ("/api/v1/events", {"limit": 50, "host": "h3", "sort": "timestamp"}),
    ("/api/v1/events/count", {}),
    ("/api/v1/events/count", {"q": "words -odd"}),
    ("/api/v1/events/count", {"host": "h1"}),
    ("/api/v1/events/count", {"host": "h1", "event_code": "7"}),
    ("/api/v1/events/count", {"q": "absent:1"}),
    ("/api/v1/events/values", {"field": "host"}),
    ("/api/v1/events/count", {"from": "2026-03-01T00:10:00Z"}),
    ("/api/v1/events/count", {"field.mark": "m77"}),
    ("/api/v1/events/histogram", {"interval": "1m"}),
]


def filled(directory):
    """A file with sealed and fresh segments, what it answers, and some ids."""
    with Server(directory=directory) as server:
        client = server.client()
        for first in range(0, EVENTS, 500):
            lines = "".join('{"host":"h%d","mark":"m%d","text":"words %s rare%d","timestamp":"2026-03-01T00:%02d:%02dZ"}\n'
                            % (n % 5, n % 100, ["odd", "even"][n % 2], n, n // 60 % 60, n % 60)
                            for n in range(first, first + 500))
            reply = client.post("/api/v1/events", lines, Content_Type="application/x-ndjson")
            assert reply.status == 201, reply
        newest = client.get("/api/v1/events", {"limit": 1000}).json()["items"]
        asked = QUESTIONS + [(f"/api/v1/events/{item['id']}", {}) for item in newest[::300]]
        answers = [answer(client, *question) for question in asked]
        assert all(status == 200 for status, _ in answers), answers
        assert server.stop() == 0
    return list(zip(asked, answers))


def answer(client, path, query):
    reply = client.get(path, query)
    told = reply.json()
    if reply.status == 200:
        told.pop("next", None)  # a cursor is the server's own
    return reply.status, told


def damage(pick, path):
    """Changes a part of one segment. Its number, and what was done."""
    database = sqlite3.connect(path)
    seq, = pick.choice(database.execute("SELECT seq FROM event_segments").fetchall())
    table, key, part = pick.choice(PARTS)
    before, = database.execute(f"SELECT {part} FROM {table} WHERE {key} = ?", (seq,)).fetchone()
    changed = bytearray(before)
    while changed == before:
        at, size = pick.randrange(len(before)), pick.randint(1, 64)
        how = pick.choice(["bit", "bytes", "zeros", "cut", "removed", "doubled", "empty"])
        if how == "bit":
            changed[at] ^= 1 << pick.randrange(8)
        elif how in ("bytes", "zeros"):
            changed[at:at + size] = bytes(pick.randrange(256) if how == "bytes" else 0 for _ in changed[at:at + size])
        elif how == "doubled":
            changed[at:at] = changed[at:at + size]
        elif how == "removed":
            del changed[at:at + size]
        else:
            del changed[0 if how == "empty" else at:]
    database.execute(f"UPDATE {table} SET {part} = ? WHERE {key} = ?", (bytes(changed), seq))
    database.commit()
    database.close()
    return seq, f"{part} of segment {seq}: {how} at {at} of {len(before)}"


def trial(pick, directory, questions):
    """What is wrong, and how many answers were errors."""
    seq, done = damage(pick, directory / "carrel.db")
    wrong, errors = [], 0
    checked = run("check", "--database", directory / "carrel.db")
    if checked.returncode != 1 or f"segment {seq} of the events" not in checked.stdout:
        wrong.append(f"check: {checked}")
    with Server(directory=directory) as server:
        client = server.client()
        for question, right in questions:
            status, told = answer(client, *question)
            is_error = status == 500 and told.get("status") == 500 and "items" not in told
            errors += is_error
            if not is_error and (status, told) != right:
                wrong.append(f"{question}: {status} {str(told)[:300]}")
        if errors and f"segment {seq} of the events is damaged" not in server.log_text():
            wrong.append(f"nothing in the log: {server.log_text()[-500:]}")
        if client.get("/health").status not in (200, 404) or server.stop() != 0:
            wrong.append("the server went down")
    return [f"{done}: {each}" for each in wrong], errors


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--mutations", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"damaged: replay with damaged.py PROGRAM --mutations {chosen.mutations} --seed {chosen.seed}", flush=True)
    pick, all_errors, violations = random.Random(chosen.seed), 0, 0
    with tempfile.TemporaryDirectory(prefix="carrel-damaged-") as directory:
        sound = pathlib.Path(directory, "sound")
        sound.mkdir()
        questions = filled(sound)
        for number in range(chosen.mutations):
            copy = pathlib.Path(directory, str(number))
            copy.mkdir()
            shutil.copy(sound / "carrel.db", copy)
            wrong, errors = trial(pick, copy, questions)
            shutil.rmtree(copy)
            all_errors += errors
            violations += len(wrong)
            for each in wrong[:3]:
                print(f"violation: {each}", flush=True)
    print(f"damaged: {chosen.mutations} mutations, {all_errors} answers were errors, {violations} violations")
    sys.exit(1 if violations or not all_errors else 0)


main()
