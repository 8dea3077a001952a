"""The peers that carrel is measured against: how each is built and started.

They answer the part of carrel's API that the scenarios use, on a database file that carrel made. Nothing is built in the
source tree: all goes to a folder of the caller's."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import urllib.request

SOURCES = pathlib.Path(__file__).resolve().parent
INSTALL_SECONDS = 300
BUILD_SECONDS = 900  # better-sqlite3 compiles all of SQLite


class Missing(Exception):
    """Why a peer cannot be had here, in one line."""


# Where peers keep events: a row, its indexes and a full-text entry each, as carrel did before it had segments.
ROWS_OF_EVENTS = """
CREATE VIRTUAL TABLE IF NOT EXISTS events_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE INDEX IF NOT EXISTS events_by_host ON events(host, timestamp);
CREATE INDEX IF NOT EXISTS events_by_channel ON events(channel, timestamp);
CREATE INDEX IF NOT EXISTS events_by_code ON events(event_code, timestamp);
CREATE INDEX IF NOT EXISTS events_by_source ON events(source, timestamp);
CREATE INDEX IF NOT EXISTS events_by_severity ON events(severity, timestamp);
"""


def make_rows_of_events(database):
    """Gives a file that carrel made what a peer needs. Events in segments are refused: a peer would not see them, and
    what it answers would be compared with what carrel answers."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        if db.execute("SELECT count(*) FROM event_segments").fetchone()[0] != 0:
            raise RuntimeError("a peer reads events from rows only; post them to the peer itself")
        db.executescript(ROWS_OF_EVENTS)


class Peer:
    """A peer on a free port, on an existing database file."""

    def __init__(self, launcher, database, durability="full"):
        self.database = pathlib.Path(database)
        make_rows_of_events(database)
        self.log = pathlib.Path(f"{database}.peer.log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*launcher, "--database", str(database), "--port", "0", "--durability", durability],
                stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait(30)
            raise RuntimeError("a peer did not start: " + self.log.read_text())
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        # Each tells first what is in force on its connections.
        self.settings = self.log.read_text().splitlines()[0]

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as reply:
            return reply.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        if status != 0:
            raise RuntimeError(f"a peer ended with {status}: {self.log.read_text()[-500:]}")
        self.log.unlink()


def prepare(directory):
    """Builds what is missing. The launchers of the peers that can run here, and why the others cannot."""
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    available, skipped = {}, {}
    for names, build in ((("go 1", "go 1+10"), build_go), (("node",), build_node), (("bun",), build_bun)):
        try:
            available.update(zip(names, build(directory)))
        except Missing as why:
            skipped.update(dict.fromkeys(names, str(why)))
        except (OSError, subprocess.SubprocessError) as failure:
            skipped.update(dict.fromkeys(names, " ".join(str(failure).split())[:200]))
    return available, skipped


def build_go(directory):
    go = "/usr/bin/go" if os.access("/usr/bin/go", os.X_OK) else require("go", "golang-go")
    library = pathlib.Path("/usr/share/gocode/src/github.com/mattn/go-sqlite3")
    if not library.exists():
        raise Missing("golang-github-mattn-go-sqlite3-dev is not installed")
    into = directory / "go"
    copy_sources("go", into)
    # libsqlite3: Debian's package holds no copy of SQLite, it links the system's.
    environment = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(directory / "go-cache"),
                   "GOFLAGS": "", "GOROOT": "", "CGO_ENABLED": "1"}
    version = run([go, "version"], into, 30, environment)
    with Stamp(into, version, sorted(into.glob("*.go"))) as stamp:
        if stamp.is_old:
            run([go, "build", "-tags", "libsqlite3", "-o", "peer", "."], into, BUILD_SECONDS, environment)
    program = str(into / "peer")
    return [program, "--connections", "single"], [program, "--connections", "1+10"]


def build_node(directory):
    node, npm = require("node", "nodejs"), require("npm", "npm")
    into = install(directory, "node", npm)
    version = run([node, "--version"], into, 30)
    with Stamp(into, "built " + version, [into / "package-lock.json"]) as stamp:
        if stamp.is_old:
            compile_driver(node, npm, into)
    return [[node, str(into / "server.mjs")]]


def compile_driver(node, npm, into):
    """Compiles better-sqlite3 against the headers that are installed: nothing prebuilt is fetched."""
    prefixes = [pathlib.Path(run([node, "-p", "process.execPath"], into, 30).strip()).parent.parent, pathlib.Path("/usr")]
    prefix = next((each for each in prefixes if (each / "include/node/node.h").exists()), None)
    if prefix is None:
        raise Missing("the headers of Node are not installed (libnode-dev)")
    shutil.rmtree(into / "node_modules/better-sqlite3/build", ignore_errors=True)
    run([npm, "rebuild", "better-sqlite3"], into, BUILD_SECONDS,
        {"npm_config_nodedir": str(prefix), "npm_config_build_from_source": "true", "CXXFLAGS": "-g0", "CFLAGS": "-g0"})
    if not (into / "node_modules/better-sqlite3/build/Release/better_sqlite3.node").exists():
        raise Missing("npm did not build better-sqlite3")


def build_bun(directory):
    into = install(directory, "bun", require("npm", "npm"))
    # The package of the C library that this machine lacks may be there as well.
    for bun in sorted(into.glob("node_modules/@oven/bun-linux-*/bin/bun")):
        if subprocess.run([bun, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return [[str(bun), str(into / "server.mjs")]]
    raise Missing("npm has no bun that runs here")


def install(directory, name, npm):
    """Copies a peer's sources and what it depends on, by its lock file; scripts of packages are not run."""
    into = directory / name
    copy_sources("js", directory / "js")
    copy_sources(name, into)
    with Stamp(into, "installed", [into / "package.json", into / "package-lock.json"]) as stamp:
        if stamp.is_old:
            run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], into, INSTALL_SECONDS)
    return into


def copy_sources(name, into):
    shutil.copytree(SOURCES / name, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    for old in into.iterdir():
        if old.suffix in (".go", ".mjs") and not (SOURCES / name / old.name).exists():
            old.unlink()


def require(program, package):
    found = shutil.which(program)
    if found is None:
        raise Missing(f"{program} is not installed ({package})")
    return found


def run(command, directory, seconds, environment=None):
    """What the command printed; Missing with its last words if it failed."""
    name = " ".join(str(each) for each in command[:2])
    try:
        done = subprocess.run(command, cwd=directory, env={**os.environ, **(environment or {})}, timeout=seconds, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        raise Missing(f"`{name}` took more than {seconds} s") from None
    if done.returncode != 0:
        words = [line.strip() for line in done.stdout.splitlines() if "rror" in line] or done.stdout.splitlines() or ["?"]
        raise Missing(f"`{name}` failed: {words[0][:200]}")
    return done.stdout


class Stamp:
    """Whether a step was done with the same inputs before; written when the step ends well."""

    def __init__(self, directory, step, files):
        digest = hashlib.sha256(step.encode())
        for each in files:
            digest.update(each.name.encode() + b"\0" + each.read_bytes())
        self.digest = digest.hexdigest()
        self.file = directory / f".stamp-{step.split()[0]}"
        self.is_old = not self.file.exists() or self.file.read_text() != self.digest

    def __enter__(self):
        if self.is_old:
            self.file.unlink(missing_ok=True)
        return self

    def __exit__(self, failure, *_):
        if failure is None:
            self.file.write_text(self.digest)
