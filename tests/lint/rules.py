"""The rules. Each takes a path from the root of the tree and a text, and yields pairs of line number and complaint."""
import pathlib
import re

import cpp_text

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>, but not <unistd.h>
SYSTEM = re.compile(r"^(sys/|netinet/|arpa/|linux/)?[a-z_0-9]+\.h$")


def _is_standard(name):
    return STANDARD.match(name) is not None


def _is_system(name):
    return SYSTEM.match(name) is not None and name not in ("sqlite3.h", "zlib.h")


def _starts(name, *prefixes):
    return any(name.startswith(prefix) for prefix in prefixes)


def _allowed_in_public_header(name):
    return _is_standard(name) or _starts(name, "carrel/", "boost/asio/", "boost/system/", "boost/assert/")


def _allowed_in_actors(name):
    return not _starts(name, "http/", "siem/", "resource/", "json/", "base/", "cli/", "boost/beast", "boost/json")


def _allowed_in_sqlite(name):
    return (_is_standard(name) or _is_system(name) or name == "sqlite3.h"
            or _starts(name, "carrel/", "base/", "sqlite/", "boost/asio/", "boost/system/", "boost/assert/"))


# The faults that a build for tests can have: it depends on nothing.
_FAILPOINTS = "sqlite/failpoints.hpp"


# What is to be sent is looked at when it is stored; sending it is the business of src/background.
_CHECKS = ("outbound/checks.hpp", "outbound/policy.hpp")


def _allowed_in_siem(name):
    return _allowed_in_resource(name) or _starts(name, "archive/", "attack/", "indicators/", "outbound/", "segments/", "siem/", "sigma/") or name == _FAILPOINTS


def _allowed_in_background(name):
    return _allowed_in_siem(name) or _is_system(name) or _starts(name, "background/", "outbound/")


def _allowed_in_segments(name):
    return _is_standard(name) or name in ("zstd.h", _FAILPOINTS) or _starts(name, "base/", "segments/")


def _allowed_in_resource(name):
    return (_is_standard(name)
            or _starts(name, "access/", "base/", "carrel/", "json/", "query/", "resource/", "boost/json", "boost/system/"))


def _allowed_in_base(name):
    return (_is_standard(name) or _is_system(name) or name.endswith("mmintrin.h")
            or _starts(name, "base/", "boost/assert/", "boost/system/", "date/", "sodium.h", "zlib.h", "zstd"))


def _allowed_in_access(name):
    return (_is_standard(name) or _is_system(name) or name == "utf8proc.h"
            or _starts(name, "access/", "base/", "openssl/"))


def _allowed_in_archive(name):
    return _is_standard(name) or name in ("archive.h", "archive_entry.h", "locale.h") or _starts(name, "archive/", "base/")


def _allowed_in_commit_archive(name):
    return (_is_standard(name) or _is_system(name) or name == "zstd.h" or name == "outbound/child_process.hpp"
            or _starts(name, "base/", "carrel/", "commit_archive/", "sqlite/backup_file.hpp", "sqlite/copy_facts.hpp", "boost/asio/", "boost/json"))


def _allowed_in_outbound(name):
    return (_is_standard(name) or _is_system(name)
            or _starts(name, "archive/gzip.hpp", "base/", "outbound/", "boost/asio/", "boost/beast/", "boost/system/", "openssl/"))


def _allowed_in_json(name):
    intrinsics = name.endswith("mmintrin.h")
    return _is_standard(name) or intrinsics or _starts(name, "base/", "json/", "boost/json", "boost/system/")


def _allowed_in_attack(name):
    return _is_standard(name) or _starts(name, "attack/", "base/", "json/")


def _allowed_in_indicators(name):
    return _is_standard(name) or _starts(name, "base/", "indicators/", "json/", "query/") or name == "utf8proc.h"


def _allowed_in_query(name):
    intrinsics = name.endswith("mmintrin.h")
    return _is_standard(name) or intrinsics or name == "utf8proc.h" or _starts(name, "base/", "json/", "query/")


def _allowed_in_sigma(name):
    others = ("utf8proc.h", "arpa/inet.h", "re2/re2.h")
    return _is_standard(name) or name in others or _starts(name, "base/", "json/", "sigma/", "yaml-cpp/")


def _allowed_in_shippers(name):
    return _is_standard(name) or _starts(name, "base/", "json/", "query/", "resource/", "shippers/", "siem/")


def _allowed_in_syslog(name):
    return not _starts(name, "actors/", "sqlite/", "cli/", "http/", "listeners/", "boost/beast") and name != "sqlite3.h"


def _allowed_in_listeners(name):
    return _starts(name, "listeners/") or _allowed_in_syslog(name)


def _allowed_in_telemetry(name):
    return (_is_standard(name) or _is_system(name)
            or _starts(name, "base/", "boost/json", "carrel/", "json/", "outbound/", "telemetry/"))


def _allowed_in_metrics(name):
    return _is_standard(name) or _is_system(name) or _starts(name, "carrel/", "metrics/", "prometheus/")


def _allowed_in_http(name):
    return not _starts(name, "actors/", "sqlite/", "cli/") and name != "sqlite3.h"


def _allowed_in_cli(name):
    return not _starts(name, "actors/", "boost/beast") and name != "sqlite3.h"


LAYERS = [
    ("include/carrel/", _allowed_in_public_header),
    ("actors/", _allowed_in_actors),
    ("src/access/", _allowed_in_access),
    ("src/archive/", _allowed_in_archive),
    ("src/attack/", _allowed_in_attack),
    ("src/commit_archive/", _allowed_in_commit_archive),
    ("src/outbound/", _allowed_in_outbound),
    ("src/background/", _allowed_in_background),
    ("src/base/", _allowed_in_base),
    ("src/sqlite/", _allowed_in_sqlite),
    ("src/resource/", _allowed_in_resource),
    ("src/segments/", _allowed_in_segments),
    ("src/siem/", _allowed_in_siem),
    ("src/shippers/", _allowed_in_shippers),
    ("src/syslog/", _allowed_in_syslog),
    ("src/listeners/", _allowed_in_listeners),
    ("src/indicators/", _allowed_in_indicators),
    ("src/json/", _allowed_in_json),
    ("src/query/", _allowed_in_query),
    ("src/sigma/", _allowed_in_sigma),
    ("src/metrics/", _allowed_in_metrics),
    ("src/telemetry/", _allowed_in_telemetry),
    ("src/web/", _is_standard),
    ("src/http/", _allowed_in_http),
    ("src/cli/", _allowed_in_cli),
    ("src/main.cpp", _allowed_in_cli),
]


def include_direction(path, text):
    """Includes point one way: http -> siem -> resource -> session <- sqlite, http -> database -> actors -> sqlite."""
    for layer, allowed in LAYERS:
        if not path.startswith(layer):
            continue
        for line, name in cpp_text.includes(text):
            if not allowed(name):
                yield line, f"{layer} must not include {name}"


def one_owner(path, text):
    """<sqlite3.h> belongs to src/sqlite, Beast to src/http and src/outbound; tests may look behind the curtain."""
    for line, name in cpp_text.includes(text):
        if name == "sqlite3.h" and not _starts(path, "src/sqlite/", "tests/", "perf/"):
            yield line, "only src/sqlite includes <sqlite3.h>"
        if name.startswith("boost/beast") and not _starts(path, "src/http/", "src/outbound/", "tests/http/"):
            yield line, "only src/http and src/outbound include Beast"


def file_length(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield lines, f"{lines} lines; the alarm is at {FILE_LINES_MAX}"


def function_length(path, text):
    if path.startswith("tests/"):
        return  # a test case tells a story; its file's length is bounded
    for first, last, head in cpp_text.functions(cpp_text.without_comments(text)):
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield first, f"{last - first + 1} lines in '{head[:50]}'; the alarm is at {FUNCTION_LINES_MAX}"


def header_manners(path, text):
    if not path.endswith(".hpp"):
        return
    code = cpp_text.without_comments(text)
    for match in re.finditer(r"\busing\s+namespace\b", code):
        yield cpp_text.line_of(code, match.start()), "a using-directive in a header"
    for match in re.finditer(r"\bnamespace\s*\{", code):
        yield cpp_text.line_of(code, match.start()), "an anonymous namespace in a header"
    if "#pragma once" not in text:
        yield 1, "a header without #pragma once"


def coroutine_traps(path, text):
    """g++ 12 (PR 107288 and kin): braces or a capturing lambda in one full expression with co_await corrupt memory."""
    code = cpp_text.without_comments(text)
    if "co_await" not in code:
        return
    for start, expression in cpp_text.full_expressions(code):
        if "co_await" not in expression:
            continue
        line = cpp_text.line_of(code, start + len(expression) - len(expression.lstrip()))
        if re.search(r"[\[,(=\s]\s*\[[^\[\]\s][^\[\]]*\]\s*(\(|\{|mutable)", " " + expression):
            yield line, "a capturing lambda in one full expression with co_await"
        elif re.search(r"[\w>=(,]\s*\{", expression):
            yield line, "a brace initialiser in one full expression with co_await"


def no_sleep_in_tests(path, text):
    if not path.startswith("tests/"):
        return
    code = cpp_text.without_comments(text) if not path.endswith(".py") else text
    for match in re.finditer(r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep)\b", code):
        yield cpp_text.line_of(code, match.start()), "a sleep in a test: wait for the event, or use a fake clock"


# What begins a thread with a lambda: a std::thread, named or not, or an element of a vector of them.
_THREAD = re.compile(r"(\bstd::j?thread(\s+\w+)?\s*[({]|\b(threads|clients|senders|callers|writers|readers)\.emplace_back\()\s*\[")
_CHECK = re.compile(r"\bBOOST_(TEST|CHECK|REQUIRE|ERROR|FAIL)\w*\s*\(")


def checks_in_one_thread(path, text):
    """Boost.Test's macros are not thread-safe: threads note what they saw, and whoever joins them checks it."""
    if not path.startswith("tests/"):
        return
    code = cpp_text.without_comments(text)
    for match in _THREAD.finditer(code):
        opened = code.find("{", match.end())
        for found in _CHECK.finditer(code, opened, cpp_text.matching_brace(code, opened)):
            yield cpp_text.line_of(code, found.start()), "a check in a thread: Boost.Test is not thread-safe"


def no_machine_paths(path, text):
    """The tree is built elsewhere: it names no directory of a developer's machine."""
    for match in re.finditer(r"/(home|root|Users|work)/\w", text):
        yield cpp_text.line_of(text, match.start()), "a path of one machine"


# Words of an earlier dialect; docs/CONTRIBUTING.md has the glossary.
OLD_WORDS = {"arrive", "asked", "home", "homeward", "told", "desk", "welcome", "bury", "door", "forget", "learn", "patience",
             "workbench", "sings", "caution", "twin"}
# Those that tests may use.
OLD_WORDS_OF_SOURCES = {"how", "heard", "hear"}
# Where they are still to be replaced.
OLD_WORDS_REMAIN = ("perf/",)


def plain_names(path, text):
    """Names are in the field's terms: none of the old words is a part of one, but for whole sentences (test names)."""
    if path.endswith(".py") or _starts(path, *OLD_WORDS_REMAIN):
        return
    code = cpp_text.without_comments(text)
    old_words = OLD_WORDS | (OLD_WORDS_OF_SOURCES if _starts(path, "src/", "actors/", "include/") else set())
    for match in re.finditer(r"\b[A-Za-z_]\w*", code):
        words = match.group().strip("_").split("_")
        old = old_words.intersection(words) if len(words) < 4 else set()
        if old:
            yield cpp_text.line_of(code, match.start()), f"'{match.group()}': the word '{min(old)}' is not a term here"


ROOT = pathlib.Path(__file__).resolve().parents[2]
_DOCUMENT = re.compile(r"(?:[\w.-]+/)*[\w-]+\.md\b")


def cites_what_is_here(path, text):
    """A comment names no document that the tree does not hold."""
    if path.endswith(".py"):
        return
    code = cpp_text.without_comments(text)
    for match in _DOCUMENT.finditer(text):
        is_comment = code[match.start()].isspace()
        beside = ROOT / pathlib.Path(path).parent
        if is_comment and not any((folder / match.group()).is_file() for folder in (ROOT, ROOT / "docs", beside)):
            yield cpp_text.line_of(text, match.start()), f"{match.group()} is not in this tree"


_DELIMITER = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")


def tables_are_tables(path, text):
    """Markdown takes rows for a table only if a row of dashes follows the first one and text stands apart; a heading, too, stands apart."""
    lines, is_code = [""] + text.split("\n") + [""], False
    for number in range(1, len(lines) - 1):
        before, line, after = lines[number - 1:number + 2]
        is_fence = line.startswith("```")
        is_code ^= is_fence
        is_row, is_first = line.startswith("|"), not before.startswith("|")
        if is_code or is_fence:
            continue
        if is_row and is_first and before:
            yield number, "a table begins within a paragraph"
        if is_row and is_first and (_DELIMITER.fullmatch(line) or not _DELIMITER.fullmatch(after)):
            yield number, "rows without a head and a line of dashes are no table"
        if line and not is_row and not is_first and not line.startswith("<!--"):
            yield number, "text goes on a table"
        if line.startswith("#") and before:
            yield number, "a heading begins within a paragraph"


RULES = [include_direction, one_owner, file_length, function_length, header_manners, coroutine_traps,
         no_sleep_in_tests, checks_in_one_thread, no_machine_paths, plain_names, cites_what_is_here, tables_are_tables]
