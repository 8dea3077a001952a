"""The engine without a server, against bare loops over sqlite3."""
import json
import shutil
import subprocess

from .outcome import Outcome
from .writes import remove_database


def _run(setting, what, database, *arguments):
    out = subprocess.run([setting.embedded, what, database, "--seconds", str(setting.seconds), *map(str, arguments)],
                         stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)


def embedded(setting):
    out = Outcome("In process: single rows by id, 64 reads outstanding on a shard, against a loop of SELECTs that share a snapshot by "
                  "64; and durable inserts, 256 outstanding, against a loop of transactions of as many as carrel's commits held.")
    out.settings = {"carrel": "carrel::database, one shard, durability full", "bare loop": "sqlite3, the same PRAGMAs and statements"}
    filled, database = setting.directory / "filled-embedded.db", setting.directory / "embedded.db"
    remove_database(filled)
    rows = setting.sized(100_000, 1_000)
    _run(setting, "fill", filled, "--rows", rows)
    for _ in setting.each_round():
        shutil.copyfile(filled, database)
        for contender, what in (("bare loop", "bare-read"), ("carrel", "read")):
            out.note(contender, "reads/s", _run(setting, what, database, "--rows", rows)["rate"])
        run = _run(setting, "write", database, "--outstanding", 256)
        out.note("carrel", "writes/s", run["rate"])
        out.note("carrel", "writes a commit", run["batch"])
        out.note("bare loop", "writes/s", _run(setting, "bare-write", database, "--batch", round(run["batch"]))["rate"])
        remove_database(database)
    out.ratio("embedded reads / a bare loop of batches", "carrel", "bare loop", 0.8,
              "a job's allocation, its way through the shard's queue and its handler come on top of SQLite's step", measure="reads/s")
    out.ratio("embedded writes / a bare loop of the same batches", "carrel", "bare loop", 0.8,
              "all that is outstanding rides in one commit, so the shard, which makes jobs and takes results, and the writer work in turn; "
              "the bare loop makes no jobs", measure="writes/s")
    return out
