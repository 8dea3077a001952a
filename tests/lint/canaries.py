#!/usr/bin/env python3
"""Each rule must catch what it forbids and let pass what it does not."""
import sys

import rules

LONG = "void f() {\n" + "    g();\n" * 70 + "}\n"
# (rule, path, text, must it complain?)
CANARIES = [
    (rules.include_direction, "include/carrel/a.hpp", "#include <boost/beast/core.hpp>\n", True),
    (rules.include_direction, "include/carrel/a.hpp", "#include <boost/json/value.hpp>\n", True),
    (rules.include_direction, "include/carrel/a.hpp", "#include <sqlite3.h>\n", True),
    (rules.include_direction, "include/carrel/a.hpp", '#include "actors/writer.hpp"\n', True),
    (rules.include_direction, "include/carrel/a.hpp", "#include <boost/asio/post.hpp>\n#include <vector>\n", False),
    (rules.include_direction, "src/http/a.cpp", '#include "actors/writer.hpp"\n', True),
    (rules.include_direction, "src/http/a.cpp", '#include "sqlite/check.hpp"\n', True),
    (rules.include_direction, "src/http/a.cpp", '#include "resource/operation.hpp"\n#include <boost/beast/http.hpp>\n', False),
    (rules.include_direction, "src/siem/a.cpp", '#include "http/server.hpp"\n', True),
    (rules.include_direction, "src/siem/a.cpp", '#include "sqlite/connection.hpp"\n', True),
    (rules.include_direction, "src/siem/a.cpp", "#include <boost/asio/post.hpp>\n", True),
    (rules.include_direction, "src/siem/a.cpp", "#include <carrel/session.hpp>\n#include \"resource/field.hpp\"\n", False),
    (rules.include_direction, "src/resource/a.cpp", "#include \"siem/alerts.hpp\"\n", True),
    (rules.include_direction, "src/base/a.cpp", "#include \"json/writer.hpp\"\n", True),
    (rules.include_direction, "src/access/a.cpp", "#include <carrel/session.hpp>\n", True),
    (rules.include_direction, "src/access/a.cpp", '#include "json/writer.hpp"\n', True),
    (rules.include_direction, "src/access/a.cpp", '#include "base/sha256.hpp"\n#include <sodium.h>\n#include <openssl/hmac.h>\n', False),
    (rules.include_direction, "src/sigma/a.cpp", '#include "siem/alerts.hpp"\n', True),
    (rules.include_direction, "src/sigma/a.cpp", '#include "base/utf8.hpp"\n#include <yaml-cpp/yaml.h>\n', False),
    (rules.include_direction, "src/siem/a.cpp", '#include <yaml-cpp/yaml.h>\n', True),
    (rules.include_direction, "src/siem/a.cpp", '#include "sigma/rule.hpp"\n', False),
    (rules.include_direction, "src/attack/a.cpp", "#include \"siem/alerts.hpp\"\n", True),
    (rules.include_direction, "src/indicators/a.cpp", "#include <carrel/session.hpp>\n", True),
    (rules.include_direction, "src/siem/a.cpp", "#include \"indicators/kinds.hpp\"\n#include \"attack/bundle.hpp\"\n", False),
    (rules.include_direction, "src/sqlite/a.cpp", '#include "resource/operation.hpp"\n', True),
    (rules.include_direction, "src/metrics/a.cpp", '#include "http/server_context.hpp"\n', True),
    (rules.include_direction, "src/metrics/a.cpp", "#include <prometheus/metric_family.h>\n", False),
    (rules.include_direction, "src/telemetry/a.cpp", '#include "http/server_context.hpp"\n', True),
    (rules.include_direction, "src/telemetry/a.cpp", '#include "outbound/fetch.hpp"\n#include <poll.h>\n', False),
    (rules.include_direction, "actors/a.cpp", '#include "resource/operation.hpp"\n', True),
    (rules.include_direction, "actors/a.cpp", '#include "sqlite/connection.hpp"\n', False),
    (rules.one_owner, "actors/a.cpp", "#include <sqlite3.h>\n", True),
    (rules.one_owner, "src/cli/a.cpp", "#include <boost/beast/http.hpp>\n", True),
    (rules.one_owner, "src/sqlite/a.cpp", "#include <sqlite3.h>\n", False),
    (rules.file_length, "src/a.cpp", "\n" * 401, True),
    (rules.file_length, "src/a.cpp", "\n" * 400, False),
    (rules.function_length, "src/a.cpp", LONG, True),
    (rules.function_length, "src/a.cpp", "auto f = [](int a) mutable -> int {\n" + "    g();\n" * 70 + "};\n", True),
    (rules.function_length, "src/a.cpp", "struct s {\n" + "    int a;\n" * 90 + "};\n", False),
    (rules.function_length, "src/a.cpp", "const char* text = R\"(void f() {\n" + "x\n" * 90 + "})\";\n", False),
    (rules.header_manners, "src/a.hpp", "#pragma once\nusing namespace std;\n", True),
    (rules.header_manners, "src/a.hpp", "int a;\n", True),
    (rules.header_manners, "src/a.hpp", "#pragma once\nnamespace a {\nnamespace {\n}\n}\n", True),
    (rules.header_manners, "src/a.hpp", "#pragma once\n// using namespace std\n", False),
    (rules.coroutine_traps, "a.cpp", "f() { co_await co_spawn(ex, [s] { g(s); }, tok); }", True),
    (rules.coroutine_traps, "a.cpp", "f() { co_spawn(co_await this_coro::executor, [p = std::move(p)]() { g(); }); }", True),
    (rules.coroutine_traps, "a.cpp", "f() { co_await async_cmd(cmd{.name = n}, token); }", True),
    (rules.coroutine_traps, "a.cpp", "f() { order o{std::string(co_await n(), 'q')}; }", True),
    (rules.coroutine_traps, "a.cpp", "f() { co_return order{co_await n()}; }", True),
    (rules.coroutine_traps, "a.cpp", "f() { cmd c{1}; auto g = [s] { h(s); }; co_await async_cmd(std::move(c), token); }", False),
    (rules.coroutine_traps, "a.cpp", "f() { if (co_await n()) { g(); } while (co_await n()) { g({1}); } }", False),
    (rules.coroutine_traps, "a.cpp", "f() { for (;;) { auto a = co_await n(); b[i](a); } }", False),
    (rules.no_sleep_in_tests, "tests/a.cpp", "std::this_thread::sleep_for(1s);\n", True),
    (rules.no_sleep_in_tests, "tests/a.py", "time.sleep(1)\n", True),
    (rules.no_sleep_in_tests, "tests/a.cpp", "// sleep_for is forbidden\n", False),
    (rules.checks_in_one_thread, "tests/a.cpp", "std::thread one([&] { BOOST_TEST(f() == 1); });\n", True),
    (rules.checks_in_one_thread, "tests/a.cpp", "threads.emplace_back([&, i] { if (i) BOOST_REQUIRE(f()); });\n", True),
    (rules.checks_in_one_thread, "tests/a.cpp", "std::thread([&] { seen = f(); }).join();\nBOOST_TEST(seen == 1);\n", False),
    (rules.no_machine_paths, "perf/a.py", 'open("/home' + '/somebody/x")\n', True),
    (rules.no_machine_paths, "perf/a.py", 'open("/tmp/x")\n', False),
    (rules.plain_names, "src/http/a.cpp", "int asked_at = 0;\n", True),
    (rules.plain_names, "src/http/a.cpp", "int requested_at = 0;  // asked\n", False),
    (rules.plain_names, "actors/a.cpp", "auto home = reader();\n", True),
    (rules.plain_names, "src/siem/a.cpp", "void read(format how);\n", True),
    (rules.plain_names, "tests/unit/a.cpp", "void read(format how);\n", False),
    (rules.cites_what_is_here, "actors/a.cpp", "// As design.md says.\n", True),
    (rules.cites_what_is_here, "actors/a.cpp", "// As docs/events.md and README.md say.\n", False),
    (rules.tables_are_tables, "docs/a.md", "Text.\n\n| a | b |\n| c | d |\n", True),
    (rules.tables_are_tables, "docs/a.md", "Text.\n\n|---|---|\n| c | d |\n", True),
    (rules.tables_are_tables, "docs/a.md", "Text.\n| a | b |\n|---|---|\n", True),
    (rules.tables_are_tables, "docs/a.md", "| a | b |\n|---|---|\nText.\n", True),
    (rules.tables_are_tables, "docs/a.md", "Text.\n## Heading\n", True),
    (rules.tables_are_tables, "docs/a.md", "## Heading\n\n| a | b |\n|---|---|\n| c | d |\n\nText.\n```\n# no\n| x |\n```\n", False),
    (rules.plain_names, "tests/http/a.cpp", "BOOST_AUTO_TEST_CASE(a_port_in_use_is_told_in_one_line) {}\n", False),
]


def main():
    silent = []
    for rule, path, text, expected in CANARIES:
        complaints = list(rule(path, text))
        if bool(complaints) != expected:
            silent.append(f"{rule.__name__} {'missed' if expected else 'blamed'} {text[:70]!r}: {complaints}")
    unproved = {rule.__name__ for rule in rules.RULES} - {rule.__name__ for rule, _, _, bad in CANARIES if bad}
    silent += [f"{name} has no canary" for name in sorted(unproved)]
    print("\n".join(silent) if silent else f"{len(CANARIES)} canaries, all heard")
    sys.exit(1 if silent else 0)


if __name__ == "__main__":
    main()
