// Listeners that listen: real sockets, a real database, and a thread that runs them.
#include "listeners/supervisor.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"
#include "support/loopback.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <mutex>
#include <thread>

using namespace carrel;
using carrel::testing::eventually;
namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

namespace {

struct kept_letters {
    std::mutex mutex;
    std::vector<siem::dead_letter> all;  // guarded by mutex
    std::atomic<int> failures{0};        // that are still to come
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return all.size();
    }
};

// A database with one listener, of which a test says what it is.
struct listening {
    explicit listening(const std::string& type = "2", const std::string& protocol = "1", bool with_letters = true)
        : keeps_letters(with_letters) {
        options settings{
            .path = directory.file("db"), .migrations = siem::migrations(), .functions = siem::functions()};
        store.emplace(database::open(settings).value());
        port = testing::free_port(protocol == "0" ? SOCK_DGRAM : SOCK_STREAM);
        const std::string sql =
            "INSERT INTO listeners(id, version, created_at, updated_at, name, type, protocol, host, port, enabled, "
            "status, restarts, connections_max, message_bytes_max, idle_seconds, tags) VALUES ('a', 1, 0, 0, 'n', " +
            type + ", " + protocol + ", '127.0.0.1', " + std::to_string(port) + ", 1, 0, 1, 10, 1000, 60, '[]')";
        change(sql);
        begin();
    }

    void begin() {
        listeners::supervisor_options with;
        if (keeps_letters)
            with.keep_letters = [this](write_session& session,
                                       std::span<const siem::dead_letter> some) -> result<void> {
                if (letters.failures.fetch_sub(1) > 0) return error(errc::invalid_option, "not now");
                const std::lock_guard lock(letters.mutex);
                letters.all.insert(letters.all.end(), some.begin(), some.end());
                return session.execute("UPDATE listeners SET description = 'has letters'");
            };
        runs = std::make_shared<listeners::supervisor>(*store, std::move(with));
        BOOST_REQUIRE(runs->start());
    }

    bool has_changed(const std::string& sql) {
        return store->write([sql](write_session& s) { return s.execute(write_sql::dynamic(sql)); }).has_value();
    }
    void change(const std::string& sql) { BOOST_REQUIRE(has_changed(sql)); }
    std::string value_of(const std::string& column) {
        return store
            ->read([column](read_session& s) {
                return s.first<std::string>(read_sql::dynamic("SELECT CAST(" + column + " AS TEXT) FROM listeners"));
            })
            .value()
            .value_or("");
    }
    std::int64_t stored_events() {
        return store
            ->read([](read_session& s) { return s.first_integer("SELECT ifnull(sum(events), 0) FROM event_segments"); })
            .value()
            .value_or(-1);
    }
    siem::listener_counts counts() { return runs->counts("a").value_or(siem::listener_counts()); }
    std::optional<siem::settled_listener> apply() {
        std::promise<std::optional<siem::settled_listener>> settled;
        runs->apply("a", [&](auto now) { settled.set_value(std::move(now)); });
        return settled.get_future().get();
    }
    tcp::socket connect() {
        tcp::socket made(io);
        made.connect({asio::ip::address_v4::loopback(), port});
        return made;
    }
    void send(std::string_view bytes) {
        auto wire = connect();
        asio::write(wire, asio::buffer(bytes));
    }

    bool keeps_letters;
    testing::temp_directory directory;
    asio::io_context io;
    std::uint16_t port = 0;
    std::optional<database> store;
    kept_letters letters;
    std::shared_ptr<listeners::supervisor> runs;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(listener_actors)

BOOST_AUTO_TEST_CASE(what_is_to_run_runs_from_the_start) {
    listening one;
    BOOST_TEST(one.value_of("status") == "2");
    BOOST_TEST(one.value_of("version") == "2");
    one.send("{\"a\":1}\n{\"a\":2}\n");
    BOOST_TEST(eventually([&] { return one.counts().stored == 2; }));
    BOOST_TEST(one.counts().queued() == 0);
    BOOST_TEST(one.stored_events() == 2);
}

BOOST_AUTO_TEST_CASE(what_is_no_event_is_a_dead_letter_with_its_reason) {
    listening one;
    one.send("{\"a\":1}\nnot json\n[1]\n" + std::string(1'500, 'x') + "\n");
    BOOST_TEST(eventually([&] { return one.counts().stored + one.counts().dead_letters == 4; }));
    BOOST_TEST(one.counts().dead_letters == 3);
    BOOST_TEST(one.stored_events() == 1);
    const std::lock_guard lock(one.letters.mutex);
    BOOST_REQUIRE(one.letters.all.size() == 3U);
    const auto& first = one.letters.all[0];
    BOOST_TEST((first.protocol == siem::dead_letter_protocol::json));
    BOOST_TEST(first.listener_id == "a");
    BOOST_TEST(first.source == "127.0.0.1");
    BOOST_TEST(first.raw == "not json");
    BOOST_TEST(first.reason == "not JSON");
    BOOST_TEST(one.letters.all[1].reason == "not a JSON object");
    BOOST_TEST(one.letters.all[2].reason == "too long");
    BOOST_TEST(one.letters.all[2].was_cut);
    BOOST_TEST(one.letters.all[2].raw.size() == 1'000U);
}

// A letter and the events of its batch are in one transaction: one that fails is done again whole.
BOOST_AUTO_TEST_CASE(events_and_dead_letters_commit_together) {
    listening one;
    one.letters.failures = 2;
    one.send("{\"a\":1}\nno\n");
    BOOST_TEST(eventually([&] { return one.counts().dead_letters == 1 && one.counts().stored == 1; }));
    BOOST_TEST(one.stored_events() == 1);
    BOOST_TEST(one.letters.count() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_keeper_of_letters_they_are_events) {
    listening one("2", "1", false);
    one.send("{\"a\":1}\nno\n");
    BOOST_TEST(eventually([&] { return one.counts().stored == 2; }));
    BOOST_TEST(one.stored_events() == 2);
    BOOST_TEST(one.counts().dead_letters == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_and_a_start_take_effect_before_they_are_answered) {
    listening one;
    one.send("{\"a\":1}\n");
    one.change("UPDATE listeners SET enabled = 0");
    const auto stopped = one.apply();
    BOOST_REQUIRE(stopped.has_value());
    BOOST_TEST(stopped->json.find(R"("status":"stopped")") != std::string::npos);
    BOOST_TEST(one.stored_events() == 1);
    BOOST_CHECK_THROW(one.connect(), boost::system::system_error);
    one.change("UPDATE listeners SET enabled = 1");
    BOOST_TEST(one.apply()->json.find(R"("status":"running")") != std::string::npos);
    BOOST_CHECK_NO_THROW(one.connect());
    // Nothing has changed, so nothing is written.
    BOOST_TEST(one.apply()->commit == 0U);
    one.change("DELETE FROM listeners");
    std::promise<bool> answered;
    one.runs->apply("a", [&](const auto& now) { answered.set_value(now || one.runs->counts("a")); });
    BOOST_TEST(!answered.get_future().get());
    BOOST_CHECK_THROW(one.connect(), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_an_error_until_it_is_free) {
    listening one;
    one.change("UPDATE listeners SET enabled = 0");
    one.apply();
    std::optional<tcp::acceptor> other(std::in_place, one.io,
                                       tcp::endpoint(asio::ip::address_v4::loopback(), one.port));
    one.change("UPDATE listeners SET enabled = 1");
    BOOST_TEST(one.apply()->json.find("is in use already") != std::string::npos);
    other.reset();
    BOOST_TEST(one.apply()->json.find(R"("status_detail":null)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_changes_at_once_end_as_the_last_says) {
    listening one;
    std::vector<std::thread> clients;
    std::atomic<int> changed{0};
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&one, &changed, i] {
            for (int round = 0; round < 10; ++round) {
                const std::string wanted = std::to_string((i + round) % 2);
                changed += one.has_changed("UPDATE listeners SET restarts = restarts + 1, enabled = " + wanted);
                one.apply();
            }
        });
    for (auto& each : clients) each.join();
    BOOST_TEST(changed == 40);
    one.change("UPDATE listeners SET enabled = 1");
    BOOST_TEST(one.apply()->json.find(R"("status":"running")") != std::string::npos);
    one.send("{\"a\":1}\n");
    BOOST_TEST(eventually([&] { return one.counts().stored == 1; }));
}

BOOST_AUTO_TEST_CASE(a_stop_in_a_flood_keeps_the_accounts) {
    listening one("0", "0");
    std::atomic<bool> is_over{false};
    std::thread sender([&] {
        asio::io_context io;
        udp::socket socket(io, udp::v4());
        const udp::endpoint there(asio::ip::address_v4::loopback(), one.port);
        error_code ignored;
        while (!is_over) socket.send_to(asio::buffer("<13>1 - h app - - - text"), there, 0, ignored);
    });
    BOOST_TEST(eventually([&] { return one.counts().received > 5'000; }));
    one.runs->stop(std::chrono::seconds(30));
    is_over = true;
    sender.join();
    const auto after = one.counts();
    BOOST_TEST(after.queued() == 0);
    BOOST_TEST(after.stored == one.stored_events());
    // What was counted is there after the end.
    one.begin();
    BOOST_TEST(one.counts().stored == after.stored);
    BOOST_TEST(one.counts().received == after.received);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_stored_by_the_end_is_dropped_and_counted) {
    listening one;
    one.letters.failures = 1'000'000;
    one.send("{\"a\":1}\nno\n");
    BOOST_TEST(eventually([&] { return one.counts().received == 2; }));
    BOOST_TEST(!one.runs->stop(std::chrono::milliseconds(1)));
    BOOST_TEST(one.counts().dropped == 2);
    BOOST_TEST(one.counts().queued() == 0);
    BOOST_TEST(one.stored_events() == 0);
}

// What all hold is bounded. One that waits for others goes on when they have stored, though nothing of its own was.
BOOST_AUTO_TEST_CASE(one_that_waits_for_the_others_goes_on) {
    listening one;
    one.runs->stop(std::chrono::seconds(10));
    const auto held = std::make_shared<std::size_t>(syslog::message_store::held_by_all_max);
    listeners::actor_surroundings with{.io = one.io,
                                       .store = *one.store,
                                       .log = nullptr,
                                       .mappings = nullptr,
                                       .tls = nullptr,
                                       .keep_letters = nullptr,
                                       .bytes_held = held};
    siem::stored_listener of;
    of.id = "a";
    of.type = siem::listener_type::json;
    of.protocol = siem::listener_protocol::tcp;
    of.host = "127.0.0.1";
    of.port = one.port;
    of.connections_max = 10;
    of.message_bytes_max = 1'000;
    syslog::counts counted;
    listeners::actor waits(with, of, counted);
    waits.start();
    one.send("{\"a\":1}\n");
    const auto turn = [&] {
        one.io.restart();
        one.io.poll();
    };
    BOOST_TEST(eventually([&] { return turn(), counted.connections == 1; }));
    turn();
    BOOST_TEST(counted.received_tcp == 0U);
    *held = 0;
    waits.keep_up();
    BOOST_TEST(eventually([&] { return turn(), counted.stored == 1; }));
    bool has_stopped = false;
    waits.stop(std::chrono::seconds(10), [&] { has_stopped = true; });
    BOOST_TEST(eventually([&] { return turn(), has_stopped; }));
    turn();
    BOOST_TEST(*held == 0U);
}

BOOST_AUTO_TEST_CASE(after_a_stop_nothing_takes_effect_and_nothing_hangs) {
    listening one;
    BOOST_TEST(one.runs->stop(std::chrono::seconds(10)));
    BOOST_TEST(!one.apply().has_value());
    BOOST_TEST(one.runs->stop(std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_SUITE_END()
