// The chain of the audit log: what its hashes cover, and that it holds whatever becomes of the jobs that append to it.
#include "resource/audit_chain.hpp"

#include "resource/audit.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"
#include "support/held_writer.hpp"
#include "support/temp_database.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <csignal>
#include <set>

using namespace carrel;
using namespace carrel::testing;
using siem::audit_columns;
using siem::audit_hash;
using siem::bytes_of;

namespace {

struct log_of_a_server {
    database open() {
        options settings{.path = directory.file("audit.db"), .migrations = siem::migrations(), .background_nice = 0};
        settings.functions = siem::functions();
        return database::open(settings).value();
    }

    template <class Work>
    auto send(Work work) {
        return db.async_write(std::move(work), as_result(boost::asio::use_future));
    }

    // The principals of the entries, if each follows from the one before it; nothing if the chain is broken.
    std::optional<std::vector<std::string>> principals() {
        std::vector<std::string> seen;
        bool holds = true;
        const auto done = db.read([&](read_session& session) -> result<void> {
            auto genesis = session.prepare("SELECT hash FROM audit_genesis");
            if (!genesis) return genesis.error();
            if (auto found = genesis->step(); !found) return found.error();
            const auto text_of = [](blob_view bytes) {
                return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            };
            std::string before = text_of(genesis->bytes(0));
            auto rows = session.prepare(
                "SELECT seq, at, principal, action, outcome, target, address, request_id, detail, hash FROM audit "
                "ORDER BY seq");
            if (!rows) return rows.error();
            for (auto more = rows->step(); more && *more; more = rows->step()) {
                const audit_columns entry{rows->integer(0),       rows->integer(1),       rows->optional_text(2),
                                          rows->text(3),          rows->integer(4),       rows->optional_text(5),
                                          rows->optional_text(6), rows->optional_text(7), rows->text(8)};
                seen.emplace_back(rows->text(2));
                holds = holds && entry.seq == static_cast<std::int64_t>(seen.size()) &&
                        text_of(rows->bytes(9)) == bytes_of(audit_hash(before, entry));
                before = text_of(rows->bytes(9));
            }
            return {};
        });
        if (!done || !holds) return std::nullopt;
        return seen;
    }

    temp_directory directory;
    database db = open();
};

auto append(std::string principal) {
    return [principal = std::move(principal)](write_session& session) -> result<void> {
        return siem::append_audit(session, {.at = 1, .principal = principal, .action = "test"});
    };
}

auto append_and_fail(std::string principal) {
    return [principal = std::move(principal)](write_session& session) -> result<void> {
        if (auto done = append(principal)(session); !done) return done;
        return session.execute("INSERT INTO event_sequence VALUES (2, 2)");  // its CHECK fails
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_chain)

BOOST_AUTO_TEST_CASE(a_hash_is_what_files_have) {
    const audit_columns entry{1, 1'700'000'000'000'000, "ann", "delete_alert", 0, "/alerts/a", {}, "r-1", "{}"};
    BOOST_TEST(base::hex_of(audit_hash(std::string(32, '\0'), entry)) ==
               "ec4e2ccf6725ce46a96afbe659075fd234d128ea1745c5d466e0efc12c48c91f");
}

BOOST_AUTO_TEST_CASE(each_column_and_its_place_count) {
    const audit_columns entry{1, 2, "ab", "c", 0, "t", "a", "r", "{}"};
    std::set<base::sha256::digest> all{audit_hash("x", entry), audit_hash("y", entry)};
    const auto add = [&](auto change) {
        audit_columns other = entry;
        change(other);
        all.insert(audit_hash("x", other));
    };
    add([](audit_columns& c) { c.seq = 2; });
    add([](audit_columns& c) { c.at = -2; });
    add([](audit_columns& c) { std::tie(c.principal, c.action) = std::tuple("a", "bc"); });
    add([](audit_columns& c) { c.principal.reset(); });
    add([](audit_columns& c) { c.principal = ""; });
    add([](audit_columns& c) { c.outcome = 1; });
    add([](audit_columns& c) { std::swap(c.target, c.address); });
    add([](audit_columns& c) { c.address.reset(); });
    add([](audit_columns& c) { c.request_id.reset(); });
    add([](audit_columns& c) { std::tie(c.address, c.request_id) = std::tuple(std::nullopt, "a"); });
    add([](audit_columns& c) { c.detail = "{} "; });
    BOOST_TEST(all.size() == 13u);
}

BOOST_AUTO_TEST_CASE(jobs_that_fail_in_a_batch_leave_no_entry_and_no_gap) {
    log_of_a_server log;
    std::vector<std::future<result<committed<void>>>> sent;
    std::multiset<std::string> wanted;
    {
        held_writer held(log.db);
        for (int i = 0; i < 40; ++i) {
            const std::string name = "p" + std::to_string(i);
            const bool fails = i % 5 == 3;
            sent.push_back(fails ? log.send(append_and_fail(name)) : log.send(append(name)));
            if (!fails) wanted.insert(name);
        }
    }
    int failed = 0;
    for (auto& each : sent) failed += each.get().has_value() ? 0 : 1;
    BOOST_TEST(failed == 8);
    const auto seen = log.principals();
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST((std::multiset<std::string>(seen->begin(), seen->end()) == wanted));
}

BOOST_AUTO_TEST_CASE(a_part_that_is_undone_takes_its_entry_along) {
    log_of_a_server log;
    const auto done = log.db.write([](write_session& session) -> result<void> {
        if (auto first = append("one")(session); !first) return first;
        if (session.attempt([&] { return append_and_fail("undone")(session); }).has_value())
            return error(make_error_code(errc::wrong_parameters), "the part must fail");
        return append("two")(session);
    });
    BOOST_REQUIRE(done.has_value());
    const auto seen = log.principals();
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST((*seen == std::vector<std::string>{"one", "two"}));
}

BOOST_AUTO_TEST_CASE(jobs_of_a_commit_that_failed_run_again_and_chain) {
    log_of_a_server log;
    BOOST_REQUIRE(log.db.write(append("before")).has_value());
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limits{};
    getrlimit(RLIMIT_FSIZE, &limits);
    const auto unlimited = limits.rlim_cur;
    std::vector<std::future<result<committed<void>>>> sent;
    std::future<result<committed<void>>> large;
    {
        held_writer held(log.db);
        sent.push_back(log.send(append("first")));
        large = log.send([](write_session& session) -> result<void> {
            if (auto done = append("too large")(session); !done) return done;
            return session.execute("INSERT INTO text_indexed VALUES (hex(zeroblob(4000000)), 0)");
        });
        sent.push_back(log.send(append("last")));
        limits.rlim_cur = 4 << 20;
        setrlimit(RLIMIT_FSIZE, &limits);
    }
    BOOST_TEST(large.get().has_error());
    for (auto& each : sent) BOOST_TEST(each.get().has_value());
    limits.rlim_cur = unlimited;
    setrlimit(RLIMIT_FSIZE, &limits);
    std::signal(SIGXFSZ, handler);
    const auto seen = log.principals();
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST((*seen == std::vector<std::string>{"before", "first", "last"}));
}

BOOST_AUTO_TEST_CASE(the_chain_goes_on_after_a_restart) {
    log_of_a_server log;
    BOOST_REQUIRE(log.db.write(append("before")).has_value());
    BOOST_REQUIRE(log.db.stop().has_value());
    log.db = log.open();
    BOOST_REQUIRE(log.db.write(append("after")).has_value());
    const auto seen = log.principals();
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST((*seen == std::vector<std::string>{"before", "after"}));
}

BOOST_AUTO_TEST_CASE(a_broken_chain_is_noticed) {
    log_of_a_server log;
    for (const char* name : {"one", "two", "three"}) BOOST_REQUIRE(log.db.write(append(name)).has_value());
    const auto changed = log.db.write([](write_session& session) -> result<void> {
        if (auto done = session.execute("DROP TRIGGER audit_is_not_changed"); !done) return done;
        return session.execute("UPDATE audit SET principal = 'twO' WHERE seq = 2");
    });
    BOOST_REQUIRE(changed.has_value());
    BOOST_TEST(!log.principals().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
