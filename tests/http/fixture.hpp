#pragma once

#include "http/server.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"
#include "support/held_writer.hpp"
#include "support/raw_client.hpp"
#include "support/temp_database.hpp"
#include "support/tls_server.hpp"
#include "support/waiting.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace carrel::testing {

/// What the filter of alerts by tag calls, made to wait: how a test makes a read slow at a place it chooses.
struct slow_filter {
    static inline std::atomic<int> calls{0};
    static inline std::atomic<std::thread::id> shard_thread{};
    /// Called for each row; on shard and background threads. Empty: nothing happens.
    static inline std::function<void(bool on_shard)> pause;

    static std::optional<std::string_view> call(std::span<const std::string_view> arguments, std::string& scratch) {
        ++calls;
        if (pause) pause(std::this_thread::get_id() == shard_thread.load());
        return original().call(arguments, scratch);
    }
    static std::vector<text_function> functions() {
        std::vector<text_function> list(siem::functions().begin(), siem::functions().end());
        for (auto& each : list)
            if (std::string_view(each.name) == original().name) each.call = call;
        return list;
    }
    static const text_function& original() {
        const auto all = siem::functions();
        return *std::find_if(all.begin(), all.end(),
                             [](const auto& each) { return std::string_view(each.name) == "carrel_holds"; });
    }
    static void reset() {
        pause = nullptr;
        calls = 0;
    }
};

/// A server with one shard on a free port, over a database of its own.
class running_server {
public:
    using tweak = std::function<void(http::server_options&)>;
    using store_tweak = std::function<void(options&)>;

    explicit running_server(const tweak& change = {}, const store_tweak& change_store = {})
        : functions_(slow_filter::functions()),
          store_(open_store(change_store)),
          front_(listen(change)) {
        slow_filter::reset();
        if (auto running = front_.run(); !running) throw std::runtime_error(running.error().message());
    }
    ~running_server() {
        front_.stop(std::chrono::milliseconds(0));
        (void)store_.stop();  // no reader is inside the pause any more
        slow_filter::reset();
    }

    std::uint16_t port() const { return front_.port(); }
    database& store() { return store_; }
    http::server& front() { return front_; }
    std::vector<std::string> logged() const {
        std::lock_guard lock(mutex_);
        return log_;
    }

    /// One request on a connection of its own.
    wire_reply ask(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view more_fields = {}) {
        raw_client client(port());
        return client.ask(method, target, body, more_fields);
    }
    wire_reply post(std::string_view target, std::string_view body, std::string more_fields = {}) {
        return ask("POST", target, body, more_fields + "Content-Type: application/json\r\n");
    }
    wire_reply ingest(std::string_view lines, std::string more_fields = {}) {
        return ask("POST", "/api/v1/events", lines, more_fields + "Content-Type: application/x-ndjson\r\n");
    }
    /// As many alerts with a tag, past HTTP.
    void fill_alerts(int count) {
        const auto filled = store_.write([count](write_session& session) {
            return session.execute(
                "WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
                "INSERT INTO alerts(id, version, created_at, updated_at, title, severity, status, disposition, "
                "event_ids, "
                "tags, duplicate_count, last_seen) SELECT 'filled-' || n, 1, n, n, 't', 0, 0, 0, '[]', '[\"x\"]', 0, n "
                "FROM numbers",
                count);
        });
        if (!filled) throw std::runtime_error(filled.error().message());
    }
    wire_reply get(std::string_view target, std::string_view more_fields = {}) {
        return ask("GET", target, {}, more_fields);
    }
    /// What another server over the same store starts with: what it knows it has read from the store.
    static http::server_options another_servers_options() {
        http::server_options settings;
        settings.port = 0;
        settings.shards = 1;
        if (all_over_tls()) settings.tls = shared_acceptor();
        return settings;
    }

private:
    static void speak_tls(http::server_options& settings) {
        settings.tls = shared_acceptor();
        raw_client::make_link_by_default = [](int descriptor) {
            auto made =
                std::make_unique<tls_link>(descriptor, tls_wish{.identity = all_known() ? &known_identity() : nullptr});
            made->shake_hands();  // its failure is that of the first send
            return made;
        };
    }
    database open_store(const store_tweak& change) {
        options settings;
        settings.path = directory_.file("http.db");
        settings.migrations = siem::migrations();
        settings.functions = functions_;
        settings.default_durability = durability::normal;
        settings.readers_max = 4;
        settings.deadline_default = settings.deadline_max;  // what is held up for a test's sake does not pass it
        settings.background_nice = 0;                       // what else runs on this machine does not hold a test up
        if (change) change(settings);
        auto opened = database::open(settings).value();
        if (all_known()) add_tester(opened);
        return opened;
    }
    static void add_tester(database& store) {
        const auto added = store.write([](write_session& session) {
            return session.execute(
                "INSERT INTO users(id, version, created_at, updated_at, username, role, active, must_change_password, "
                "certificate, totp_enabled) VALUES ('tester', 1, 1, 1, 'tester', 'admin', 1, 0, ?, 0)",
                http::sha256_of(*known_identity().certificate()));
        });
        if (!added) throw std::runtime_error(added.error().message());
    }
    http::server listen(const tweak& change) {
        http::server_options settings;
        settings.port = 0;
        settings.shards = 1;
        settings.version = "test";
        settings.limits.sweep_interval = std::chrono::milliseconds(20);
        // Called on the shard's thread only, once it runs.
        settings.clock = [] {
            slow_filter::shard_thread = std::this_thread::get_id();
            const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
            return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
        };
        settings.log = [this](log_level, std::string_view line) {
            std::lock_guard lock(mutex_);
            log_.emplace_back(line);
        };
        if (all_over_tls()) speak_tls(settings);
        if (change) change(settings);
        return http::server::listen(store_, settings).value();
    }

    temp_directory directory_;
    std::vector<text_function> functions_;
    mutable std::mutex mutex_;
    std::vector<std::string> log_;
    database store_;
    http::server front_;
};

inline std::string alert_body(const std::string& id, const std::string& more = {}) {
    return R"({"id":")" + id + R"(","title":"t","severity":"low")" + more + "}";
}

inline std::string event_lines(std::size_t count) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) lines += R"({"host":"h","n":)" + std::to_string(i) + "}\n";
    return lines;
}

}  // namespace carrel::testing
