"""Holds docs/operations.md to what there is: a section for each alert, the metrics that a server has and no others, lines that its
log can have, the flags of `carrel serve` with their defaults, and a sizing table that follows from the report.
Usage: playbook.py PROGRAM"""
import functools
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from carrel_program import Server, main, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
RULES = (ROOT / "scripts/monitoring/carrel-rules.yml").read_text()
ALERTS = dict(re.findall(r"- alert: (\w+)\n\s+expr: (.*)", RULES))
# Named in the page and no metrics.
OTHERS = {"carrel_session", "carrel_commit"}
METRIC = re.compile(r"\b(?:carrel|process)_[a-z_]*")
# What a person types, asks for, or reads elsewhere than in the log.
TYPED = re.compile(r"(?:carrel|systemctl|journalctl|curl|GET|POST|DELETE|--\S+) ")


def section(title, page=PAGE):
    begin = page.index(f"\n## {title}\n")
    end = page.find("\n## ", begin + 4)
    return page[begin:end if end > 0 else len(page)]


def subsections(text):
    parts = re.split(r"^### (.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def spans_of(text):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


def program_text():
    """All string literals of the program, those that follow each other as one."""
    text = "".join(path.read_text(encoding="utf-8") for folder in ("src", "actors") for path in (ROOT / folder).rglob("*.[ch]pp"))
    return re.sub(r'"\s*\n\s*"', "", text)


def is_written(part, text):
    """Whether the program has a text, in one piece or in two."""
    blanks = [match.start() for match in re.finditer(" ", part)]
    return part in text or any(f'"{part[:at]}"' in text and re.search(f'"{re.escape(part[at:])} ?"', text) for at in blanks)


def scraped(*flags, listener=False, cert=None):
    with Server(*flags) as server:
        if listener:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
                found.bind(("127.0.0.1", 0))
                port = found.getsockname()[1]
            made = server.client().post("/api/v1/listeners", {"name": "l", "type": "syslog", "protocol": "udp",
                                                              "host": "127.0.0.1", "port": port})
            assert made.status == 201, made
            started = server.client().post(f"/api/v1/listeners/{made.json()['id']}/start", {})
            assert started.status == 200, started
        trust = ["--cacert", cert] if cert else []
        return subprocess.run(["curl", "-sS", "--fail", *trust, server.url + "/metrics"], check=True, capture_output=True,
                              text=True, timeout=60).stdout


def names_of(page):
    return set(re.findall(r"^# TYPE (\S+) ", page, re.M))


@functools.cache
def all_metrics():
    """Of servers that have, together, everything that is counted."""
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/carrel.{end}" for end in ("crt", "key")]
        assert run("cert", "--cert", files[0], "--key", files[1]).returncode == 0
        there = names_of(scraped("--syslog", "127.0.0.1:0", listener=True))
        there |= names_of(scraped("--tls-cert", files[0], "--tls-key", files[1], cert=files[0]))
        copies = pathlib.Path(folder, "copies")
        copies.mkdir(0o700)
        there |= names_of(scraped("--archive", f"{folder}/archive", "--backup-directory", copies, "--access-log",
                                  f"{folder}/access.log", "--otlp-endpoint", "http://127.0.0.1:9/v1/traces"))
    return there


def is_named(metric, spans):
    return any(re.search(rf"\b{metric}\b", each) for each in spans)


def flags_of(text):
    """What --help lists, with defaults; an empty one is none."""
    made = {}
    for name, rest in re.findall(r"^  (?:-\w,)?(--[\w-]+)(.*)$", text, re.M):
        default = re.search(r"=([^\s=]+)$", rest.split(" (Env:")[0])
        made[name] = default[1] if default else ""
    return made


def flags_in_tables(text):
    """Those that rows are about, with what is in the column of defaults; nothing where a table has none."""
    made, has_defaults = {}, False
    for line in text.splitlines():
        cells = [each.strip() for each in re.split(r"(?<!\\)\|", line.strip("|"))]
        if line.startswith("| flag"):
            has_defaults = cells[1] == "default"
        elif line.startswith("| `--"):
            names = re.findall(r"`(--[\w-]+)", cells[0])
            defaults = cells[1].split(", ") if has_defaults and cells[1] else [""]
            made |= dict(zip(names, (defaults * len(names))[:len(names)] if has_defaults else [None] * len(names)))
    return made


class Playbook(unittest.TestCase):
    def test_each_alert_has_a_section_that_names_what_it_looks_at(self):
        sections = subsections(section("Alerts"))
        self.assertGreater(len(ALERTS), 10)
        self.assertEqual(list(sections), list(ALERTS))
        for name, expression in ALERTS.items():
            # A recorded series stands for the one that it is made of.
            looked_at = {each for each in METRIC.findall(expression) if not each.endswith("_")} | ({"up"} if "up{" in expression else set())
            named = set(spans_of(sections[name]))
            missing = {each for each in looked_at if each not in named and not each.startswith("carrel_http_request_duration")}
            self.assertEqual(missing, set(), name)

    def test_each_metric_that_is_named_is_there(self):
        there = all_metrics()
        self.assertGreater(len(there), 90)
        named = {each for span in spans_of(PAGE) for each in re.findall(r"(?:carrel|process)_[a-z_]*…?", span)} - OTHERS
        self.assertGreater(len(named), 90)
        unknown = [each for each in sorted(named) if not any(
            name.startswith(each[:-1]) if each.endswith("…") else each == name for name in there)]
        self.assertEqual(unknown, [])

    def test_each_metric_that_is_there_is_described(self):
        spans = spans_of(section("Monitoring"))
        self.assertEqual([each for each in sorted(all_metrics()) if not is_named(each, spans)], [])

    def test_each_flag_is_described_with_its_default(self):
        flags, described = flags_of(run("serve", "--help").stdout), flags_in_tables(PAGE)
        self.assertGreater(len(flags), 80)
        self.assertEqual(set(flags) - {"--help"}, set(described))
        wrong = {name: (default, described[name]) for name, default in flags.items() if default and
                 described.get(name) is not None and described[name].strip("`").replace(",", "") != default}
        self.assertEqual(wrong, {})

    def test_each_line_of_the_log_can_be_written(self):
        text = program_text() + "database disk image is malformed"  # SQLite's own
        looked_at = 0
        for span in spans_of(section("Alerts") + section("Failures")):
            if " " not in span or TYPED.match(span):
                continue
            for part in re.split(r"…", span):
                if len(part.strip()) > 5:
                    looked_at += 1
                    self.assertTrue(is_written(part.strip(), text), span)
        self.assertGreater(looked_at, 20)

    def test_the_sizing_table_follows_from_the_report(self):
        report = (ROOT / "perf/report/event_store.md").read_text()
        rate = float(re.search(r"\| ingest, events/s \|[^|]*\| (\d+)", report)[1])
        event = float(re.search(r"\| bytes an event on disk \|[^|]*\| ([\d.]+)", report)[1])
        text = section("Sizing")
        self.assertIn(f"{event} bytes", text)
        self.assertIn(f"{int(rate):,} events a second", text)
        rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) % \| ([\d.]+) GB \| ([\d,]+) GB \|", text, re.M)
        self.assertEqual(len(rows), 4)
        for row in rows:
            day, second, share, disk, ninety = (float(each.replace(",", "")) for each in row)
            self.assertAlmostEqual(second, day / 86_400, delta=0.5)
            self.assertAlmostEqual(share, 100 * day / 86_400 / rate, delta=0.05 * max(share, 0.1) + 0.001)
            self.assertAlmostEqual(disk, day * event / 1e9, delta=0.05 * disk + 0.004)
            self.assertAlmostEqual(ninety, 90 * day * event / 1e9, delta=0.5)
        for number in re.findall(r"RSS at most, MiB \|[^|]*\| (\d+)", report):
            self.assertIn(f"{number} MiB", text)


class Canaries(unittest.TestCase):
    def test_what_is_not_there_would_be_noticed(self):
        text = program_text()
        self.assertFalse(is_written("writer worn out: mutations wait", text))
        self.assertFalse(is_written("writer exhaustion over before", text))
        self.assertTrue(is_written("writer exhausted: mutations wait", text))
        self.assertTrue(is_written("writer exhaustion over after", text))
        self.assertEqual(spans_of("`a` and `b c`\n```\n`d`\n```"), ["a", "b c"])
        self.assertEqual(subsections("### A\nx\n### B\ny"), {"A": "\nx\n", "B": "\ny"})
        self.assertEqual(names_of("# HELP carrel_x y\n# TYPE carrel_a counter\ncarrel_b 2\n"), {"carrel_a"})
        self.assertFalse(is_named("carrel_a", ["carrel_a_total", "x_carrel_a"]))
        self.assertTrue(is_named("carrel_a", ["carrel_a"]))
        self.assertEqual(flags_of("  -h,--help  Print\n  --a UINT:INT in [0 - 1]=1 (Env:A)\n   no\n  --b TEXT ... (Env:B)\n"),
                         {"--help": "", "--a": "1", "--b": ""})
        self.assertEqual(flags_in_tables("| flag | default | |\n| `--a N\\|M`, `--b N` | 1, 2,000 | `--c` |\n| flag | |\n| `--d` | 3 |"),
                         {"--a": "1", "--b": "2,000", "--d": None})


if __name__ == "__main__":
    main()
