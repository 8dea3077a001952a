"""Which fenced samples the documents have, and what holds each of them. Blocks of C++ are not here: tests/embed/guide.py and
readme.py hold them to programs that are built.

A `Run` is run by a shell; a block of JSON or text right behind it is what that prints. Without `before` it goes on where the one
before it ended, in the same directory with the same server."""
import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Run:
    before: str | None = None     # what a new directory gets first, by the shell
    serves: tuple | None = None   # flags of the server that it needs; the one that runs goes on if there are none
    then: str = ""                # what is run once the server is there
    stdin: str = ""


@dataclasses.dataclass
class Elsewhere:
    """Not run here, since it installs or builds something: `test` runs it. Its flags and paths are looked at."""
    test: str


@dataclasses.dataclass
class Excerpt:
    """Lines among those that the sample before has printed, or (`log`) that the server has logged."""
    log: bool = False


@dataclasses.dataclass
class Reply:
    """What a request is answered; its members are compared, by name and order."""
    method: str
    path: str
    body: object = None
    kind: str = "application/json"
    status: int = 200
    first: tuple = ()  # method and path of a request without which there is nothing to be answered


class Printed:
    """What the sample right before it prints."""


class Settings:
    """A settings file."""


class Build:
    """A host's CMakeLists.txt: that of tests/embed/host."""


class Grammar:
    """Nothing that could be run."""


PASSWORD = "Correct-horse-1"
ADD_ALICE = f"echo {PASSWORD} | carrel user add alice --role admin"
EARLIER = """python3 -B -c 'import earlier_file; earlier_file.make("carrel.db", [[chr(123) + "\\"host\\":\\"h\\"" + chr(125)]])'"""
MAKE_ALERT = ("curl -s http://127.0.0.1:8080/api/v1/alerts -H 'Content-Type: application/json' "
              """-d '{"id":"log-path","title":"t","severity":"low"}'""")
LINES = '{"a":1}\n{\n{"timestamp":"2020-01-01T00:00:00Z"}\n'

# By the first line of each, in order.
PAGES = {
    "README.md": [
        ("scripts/serve", Elsewhere("scripts/test")),
        ("scripts/package", Elsewhere("tests/packages/clean_root")),
        ("docker build", Elsewhere("tests/packages/image.py")),
        (f"echo '{PASSWORD}' | carrel user add ann", Run(before="")),
        ("added ann, admin", Printed()),
        ("umask 077", Run()),
        ("carrel serve --require-login", Run()),
        ("# carrel.toml", Settings()),
        ("carrel check --database carrel.db", Run()),
        ("curl -s -c cookies.txt", Run()),
        ('{"user_id"', Printed()),
        ("curl -s -b cookies.txt", Run()),
        ('{"count":0}', Printed()),
        ("curl -s -H @ann.header http://127.0.0.1:8080/api/v1/events -H", Run()),
        ('{"accepted":2', Printed()),
        ("curl -s -H @ann.header 'http://127.0.0.1:8080/api/v1/events/count", Run()),
        ('{"count":1}', Printed()),
        ("curl -s -H @ann.header 'http://127.0.0.1:8080/api/v1/events?field.Keywords", Run()),
        ('{"items":[{"id"', Printed()),
        ("curl -s -H @ann.header 'http://127.0.0.1:8080/api/v1/events/histogram", Run()),
        ('{"items":[{"start"', Printed()),
        ("curl -s -H @ann.header 'http://127.0.0.1:8080/api/v1/events/top", Run()),
        ('{"events":2', Printed()),
        ("event=$(curl", Run()),
        ('{"id":"log-path"', Printed()),
        ("curl -s -H @ann.header http://127.0.0.1:8080/api/v1/alerts/log-path/status", Run()),
        ('{"type":"/problems/illegal_transition"', Printed()),
        ("curl -s -H @ann.header http://127.0.0.1:8080/api/v1/alerts/stats", Run()),
        ('{"by_status"', Printed()),
        ("curl -s -H @ann.header http://127.0.0.1:8080/api/v1/alerts/log-path/investigation", Run()),
        ('{"id":"…","created_at"', Printed()),
        ("curl -s -H @ann.header \"http://127.0.0.1:8080/api/v1/investigations", Run()),
        ('{"investigation_id"', Printed()),
        ("cmake --install build/release", Elsewhere("tests/embed/package.cmake")),
        ("cmake_minimum_required", Build()),
        ("cmake --preset release", Elsewhere("scripts/test")),
    ],
    "docs/embedding.md": [
        ("cmake --install build/release", Elsewhere("tests/embed/package.cmake")),
    ],
    "docs/operations.md": [
        ("scripts/package", Elsewhere("tests/packages/clean_root")),
        ("systemctl stop carrel", Elsewhere("tests/packages/clean_root")),
        ("docker build", Elsewhere("tests/packages/image.py")),
        ("install -m 600 /dev/null shipper.token", Run(before=ADD_ALICE + "; echo '{}' > events.ndjson")),
        ("carrel ingest events.ndjson", Run(serves=("--require-login",))),
        ("carrel user add alice", Run(before="", stdin=PASSWORD + "\n")),
        ("[Unit]\nRequiresMountsFor", Elsewhere("tests/packages/drop_ins.py")),
        ("[Service]\nLogsDirectory", Elsewhere("tests/packages/drop_ins.py")),
        ("[Service]\nAmbientCapabilities", Elsewhere("tests/packages/drop_ins.py")),
        ("carrel migrate carrel.db --dry-run", Run(before=EARLIER)),
        ("carrel.db: migration 6", Excerpt()),
        ("2026-11-23T10:00:00.000000Z info migration 6", Excerpt(log=True)),
        ("carrel restore --archive DIR --list", Elsewhere("tests/crash/point_in_time.py")),
        ("carrel backup --url", Elsewhere("tests/cli/backup.py")),
        ("# auditor.header", Run(before=ADD_ALICE + '; umask 077; echo "Authorization: Bearer $(carrel user token alice '
                                 '--scope admin:system)" > auditor.header', serves=("--require-login",))),
        ("2026-11-23T10:00:00.000000Z info carrel", Excerpt(log=True)),
        ("… warning slow query", Grammar()),  # tests/cli/slow_log.py holds it
        ("… warning readers exhausted", Grammar()),  # tests/actors/queries.cpp does
        ("192.0.2.7 - alice", Grammar()),  # tests/cli/access_log.py does
    ],
    "docs/http-api.md": [
        ('{"items":[…]', Reply("GET", "/alerts")),
        ('{"type":"/problems/invalid"', Reply("POST", "/alerts", {"severity": "no"}, status=422)),
        ('{"accepted":2', Reply("POST", "/events", LINES, "application/x-ndjson", 201)),
        ('{"id":"…","state":"running"', Reply("DELETE", "/events?to=2026-01-01T00:00:00Z", status=202)),
        ("curl -s http://127.0.0.1:8080/api/v1/alerts/log-path/evidence",
         Run(before="echo 'Nov 23 10:00:00 ws5 a line' > sys.log", serves=(), then=MAKE_ALERT)),
        ('{"id":"42","seq":42', Reply("GET", "/audit/1", first=("DELETE", "/api/v1/events?to=2026-01-01T00:00:00Z"))),
    ],
}


@dataclasses.dataclass
class Block:
    line: int
    language: str
    text: str
    follows: bool  # nothing but white space is between it and the block before


FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.S | re.M)


def blocks_of(page):
    found, end = [], None
    for match in FENCE.finditer(page):
        follows = end is not None and not page[end:match.start()].strip()
        found.append(Block(page.count("\n", 0, match.start()) + 1, match[2], match[3], follows))
        end = match.end()
    return found


def pairs_of(root, name, page=None):
    """Each block with what holds it. What does not fit together is told by an AssertionError."""
    page = pathlib.Path(root, name).read_text(encoding="utf-8") if page is None else page
    blocks = [each for each in blocks_of(page) if each.language != "cpp"]
    listed = PAGES[name]
    for block, (first, _) in zip(blocks, listed):
        assert block.text.startswith(first), (f"{name}:{block.line}: no test runs this sample; list it in "
                                              f"tests/readme/sample_pages.py, where {first!r} is next")
    assert len(blocks) == len(listed), f"{name} has {len(blocks)} samples, tests/readme/sample_pages.py lists {len(listed)}"
    return [(block, how) for block, (_, how) in zip(blocks, listed)]
