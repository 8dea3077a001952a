"""What all scenarios share: the programs, a directory on a real disk, how much and how long, and filled databases."""
import contextlib
import pathlib
import shutil
import sqlite3
import subprocess

import filling
from peers.programs import Peer
from programs import Carrel, Nginx, load, load_result, start_load

ONE_SHARD = ("--shards", "1")
SINGLE = "carrel, one connection"
GO_SINGLE, GO_POOL, NODE, BUN = "go 1", "go 1+10", "node", "bun"
PEERS = (GO_POOL, GO_SINGLE, NODE, BUN)


class Setting:
    def __init__(self, build, directory, events, peers, skipped, rounds, seconds, is_quick, progress):
        self.program, self.load_program = build / "carrel", build / "perf/carrel_load"
        self.bare_ingest, self.embedded = build / "perf/bare_ingest", build / "perf/embedded"
        self.directory, self.events_file = pathlib.Path(directory), events
        self.peers, self.skipped = peers, skipped
        self.rounds, self.seconds, self.is_quick, self.progress = rounds, seconds, is_quick, progress
        self._events = None

    def sized(self, full, quick):
        """Of something that a quick run has less of."""
        return quick if self.is_quick else full

    def each_round(self, rounds=None):
        rounds = min(self.rounds, rounds or self.rounds)
        for number in range(1, rounds + 1):
            self.progress(number, rounds)
            yield number

    # Databases.

    def events(self):
        """NDJSON, and how many lines it has: the real file, or made-up ones where it is absent."""
        if self._events is None:
            self._events = filling.events(self.events_file, self.sized(filling.EVENTS, 1_000))
        return self._events

    def tell_events(self, out):
        if not self.events_file.exists():
            out.fact("events", "made up: the real file is not there")

    def database(self, name, fill=None):
        """A database file that carrel made and `fill` filled over HTTP; made once a run."""
        path = self.directory / f"filled-{name}.db"
        if not path.exists():
            with contextlib.closing(Scratch(self.directory / "filling")) as place:
                with Carrel(self.program, place.path, *ONE_SHARD) as server:
                    if fill:
                        fill(server)
                place.database.rename(path)
        return path

    def alerts(self, count):
        return self.database(f"{count}-alerts", lambda server: filling.make_alerts(server, count))

    def dashboard(self, alerts, times):
        """Alerts, and the events so many times over."""
        def fill(server):
            filling.make_alerts(server, alerts)
            body, lines = self.events()
            for _ in range(times):
                filling.post_events(server, body, lines)
        return self.database(f"{alerts}-alerts-{times}-events", fill)

    def ids(self, database):
        """A file with the id of each alert a line."""
        path = database.with_suffix(".ids")
        if not path.exists():
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                rows = connection.execute("SELECT id FROM alerts ORDER BY seq").fetchall()
            path.write_text("".join(f"{row[0]}\n" for row in rows))
        return path

    # Programs.

    @contextlib.contextmanager
    def contender(self, name, database, out, *flags):
        """Serves a copy of the database by whoever is called so. Flags are carrel's."""
        with contextlib.closing(Scratch(self.directory / name.replace(" ", "-").replace(",", ""))) as place:
            shutil.copyfile(database, place.database)
            if name in PEERS:
                server = Peer(self.peers[name], place.database)
            else:
                failpoint = "single_connection" if name == SINGLE else None
                server = Carrel(self.program, place.path, *(flags or ONE_SHARD), failpoint=failpoint)
            out.settings[name] = server.settings
            with server:
                yield server

    def present(self, names, out):
        """Those of the peers that can run here; the others are told as skipped."""
        for name in names:
            if name in self.peers:
                yield name
            else:
                out.skipped[name] = self.skipped.get(name, "not asked for")

    def nginx(self, body, out):
        out.settings["nginx"] = Nginx.settings
        return Nginx(self.directory / "nginx", body)

    def load(self, server, *flags):
        return load(self.load_program, server.port, *flags)

    @contextlib.contextmanager
    def loaded(self, server, *flags):
        """While the load runs; what is yielded holds `.run`, its result, after the `with`."""
        load_in_course = InCourse(start_load(self.load_program, server.port, *flags))
        yield load_in_course
        load_in_course.run = load_result(load_in_course.process)


class InCourse:
    """A load on its way."""

    def __init__(self, process):
        self.process, self.run = process, None

    def wait(self, seconds):
        """True if it goes on after so long."""
        try:
            self.process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            return True


class Scratch:
    """A directory for a database that goes when it is closed."""

    def __init__(self, path):
        self.path = path
        self.database = path / "carrel.db"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)
