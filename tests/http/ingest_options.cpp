#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <zstd.h>

#include <atomic>
#include <thread>

// What a request with events may ask for, and zstd.
namespace carrel::testing {

namespace {

const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
const std::string zstd_fields = "Content-Encoding: zstd\r\n";

std::string zstd(std::string_view text, int window_log = 0) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    // Its size is not in the frame, so that the window is the one requested.
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    packed.resize(out.pos);
    return packed;
}

std::int64_t stored(running_server& server) { return server.get("/api/v1/events/count").number("/count"); }

}  // namespace

BOOST_AUTO_TEST_SUITE(ingest_options)

BOOST_AUTO_TEST_CASE(lines_packed_by_zstd_are_taken) {
    running_server server;
    BOOST_TEST(server.ingest(zstd(event_lines(500)), zstd_fields).number("/accepted") == 500);
    BOOST_TEST(server.ingest(zstd(event_lines(5)) + zstd(event_lines(7)), zstd_fields).number("/accepted") == 12);
    BOOST_TEST(stored(server) == 512);
    BOOST_TEST(server.ingest(event_lines(1), "Content-Encoding: zstd, gzip\r\n").problem() == "unsupported_media_type");
}

BOOST_AUTO_TEST_CASE(what_is_not_zstd_is_400) {
    running_server server;
    BOOST_TEST(server.ingest(event_lines(3), zstd_fields).problem() == "bad_request");
    BOOST_TEST(server.ingest(zstd(event_lines(3)) + "rubbish", zstd_fields).problem() == "bad_request");
    const auto packed = zstd(event_lines(3'000));
    BOOST_TEST(server.ingest(packed.substr(0, packed.size() / 2), zstd_fields).problem() == "bad_request");
    // A window of 128 MiB would cost as much memory.
    const auto wide = server.ingest(zstd(event_lines(3), 27), zstd_fields);
    BOOST_TEST(wide.problem() == "bad_request");
    BOOST_TEST(wide.text("/detail").find("window") != std::string::npos);
    BOOST_TEST(stored(server) == 0);
}

BOOST_AUTO_TEST_CASE(a_bomb_of_zstd_is_refused) {
    running_server server;
    std::string zeros = "{\"a\":\"" + std::string(20u << 20, 'x') + "\"}\n";
    const auto reply = server.ingest(zstd(zeros), zstd_fields);
    BOOST_TEST(reply.problem() == "too_large");
    BOOST_TEST(reply.number("/accepted") == 0);
}

BOOST_AUTO_TEST_CASE(events_without_a_time_are_counted) {
    running_server server;
    const auto reply = server.ingest("{\"timestamp\":\"2026-01-01T00:00:00Z\"}\n{\"a\":1}\n{\"time\":\"1e400\"}\nx\n");
    BOOST_TEST(reply.number("/accepted") == 3);
    BOOST_TEST(reply.number("/untimed") == 2);
    BOOST_TEST(reply.number("/duplicates") == 0);
}

BOOST_AUTO_TEST_CASE(the_elements_of_a_wrapped_array_are_taken) {
    running_server server;
    const std::string_view trail = R"({"Records":[{"eventName":"a"},{"eventName":"b"},3]})";
    const auto reply = server.post("/api/v1/events?unwrap=Records", trail);
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.number("/accepted") == 2);
    BOOST_TEST(reply.number("/errors/0/line") == 3);
    const auto lines = server.ask("POST", "/api/v1/events?unwrap=a.b", "{\"a\":{\"b\":[{}]}}\n{}\n", ndjson);
    BOOST_TEST(lines.number("/accepted") == 1);
    BOOST_TEST(lines.number("/errors/0/line") == 2);
    for (const std::string_view bad :
         {"unwrap=", "unwrap=.a", "unwrap=a..b", "unwrap=a&unwrap=b", "ingest_id=", "unwrap=%00x%"})
        BOOST_TEST(server.post("/api/v1/events?" + std::string(bad), trail).status == 400, bad);
    BOOST_TEST(server.post("/api/v1/events?unwrap=" + std::string(257, 'a'), trail).status == 400);
}

BOOST_AUTO_TEST_CASE(an_event_with_a_known_identity_is_a_duplicate) {
    running_server server;
    const std::string path = "/api/v1/events?ingest_id=meta.id";
    const auto first = server.ask("POST", path, "{\"meta\":{\"id\":1}}\n{\"meta\":{\"id\":1}}\n{}\n", ndjson);
    BOOST_TEST(first.status == 201);
    BOOST_TEST(first.number("/accepted") == 1);
    BOOST_TEST(first.number("/duplicates") == 1);
    BOOST_TEST(first.number("/rejected") == 1);
    const auto again = server.ask("POST", path, "{\"meta\":{\"id\":1}}\n", ndjson);
    BOOST_TEST(again.status == 200);
    BOOST_TEST(again.number("/duplicates") == 1);
    BOOST_TEST(again.number("/accepted") == 0);
    BOOST_TEST(again.json().as_object().at("first_id").is_null());
    BOOST_TEST(stored(server) == 1);
}

BOOST_AUTO_TEST_CASE(clients_that_send_the_same_at_once_store_it_once) {
    running_server server([](auto& settings) { settings.shards = 2; });
    std::string lines;
    for (int i = 0; i < 3'000; ++i) lines += "{\"id\":" + std::to_string(i) + "}\n";
    std::atomic<std::int64_t> accepted{0}, duplicates{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&] {
            const auto reply = server.ask("POST", "/api/v1/events?ingest_id=id", lines, ndjson);
            accepted += reply.number("/accepted");
            duplicates += reply.number("/duplicates");
        });
    for (auto& each : clients) each.join();
    BOOST_TEST(accepted == 3'000);
    BOOST_TEST(duplicates == 9'000);
    BOOST_TEST(stored(server) == 3'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
