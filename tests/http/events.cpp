#include "fixture.hpp"

#include "support/gzipped.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>

// The stream of events: packed, cut, too long.
namespace carrel::testing {

namespace {

const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
const std::string gzip_fields = "Content-Encoding: gzip\r\n";

std::int64_t stored(running_server& server) { return server.get("/api/v1/events/count").number("/count"); }

std::string chunked_head(const raw_client& client, std::string_view fields) {
    return "POST /api/v1/events HTTP/1.1\r\nHost: " + client.authority() + "\r\nTransfer-Encoding: chunked\r\n" +
           std::string(fields) + "\r\n";
}

std::string chunk(std::string_view bytes) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return std::string(size).append(bytes).append("\r\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(an_object_an_array_and_lines_are_taken) {
    running_server server;
    const auto one = server.post("/api/v1/events", R"({"host":"h"})");
    BOOST_TEST(one.status == 201);
    BOOST_TEST(one.number("/accepted") == 1);
    BOOST_TEST(one.text("/first_id") == one.text("/last_id"));
    BOOST_TEST(server.post("/api/v1/events", R"([{"host":"h"},{"host":"i"}])").number("/accepted") == 2);
    BOOST_TEST(server.ingest(event_lines(3)).number("/accepted") == 3);
    BOOST_TEST(stored(server) == 6);
    BOOST_TEST(server.ask("POST", "/api/v1/events", event_lines(1), "Content-Type: text/plain\r\n").status == 415);
}

BOOST_AUTO_TEST_CASE(an_event_comes_back_byte_for_byte) {
    running_server server;
    const std::string event = R"({ "host":"h",  "n":36028797018963968, "x":1.50,"u":"\u00e4" })";
    const auto id = server.ingest(event).text("/first_id");
    const auto got = server.get("/api/v1/events/" + id);
    BOOST_TEST(got.status == 200);
    BOOST_TEST(got.body.find("\"fields\":" + event) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bad_line_is_rejected_by_number_and_the_rest_goes_on) {
    running_server server;
    const auto reply = server.ingest("{\"a\":1}\nbroken\n{\"a\":2}\n[1]\n");
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.number("/accepted") == 2);
    BOOST_TEST(reply.number("/rejected") == 2);
    BOOST_TEST(reply.number("/errors/0/line") == 2);
    BOOST_TEST(reply.number("/errors/1/line") == 4);
}

BOOST_AUTO_TEST_CASE(a_request_of_which_nothing_is_accepted_is_422) {
    running_server server;
    const auto reply = server.ingest("broken\n");
    BOOST_TEST(reply.status == 422);
    BOOST_TEST(reply.problem() == "invalid");
    BOOST_TEST(reply.number("/errors/0/line") == 1);
    BOOST_TEST(reply.number("/accepted") == 0);
    BOOST_TEST(!reply.has("carrel-commit"));
    BOOST_TEST(server.ask("POST", "/api/v1/events", {}, ndjson).status == 422);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_at_all_is_400) {
    running_server server;
    const auto reply = server.post("/api/v1/events", R"({"a":)");
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(reply.number("/accepted") == 0);
}

BOOST_AUTO_TEST_CASE(packed_lines_are_taken) {
    running_server server;
    BOOST_TEST(server.ingest(gzipped(event_lines(500)), gzip_fields).number("/accepted") == 500);
    // Two members, one behind the other, are one text.
    BOOST_TEST(server.ingest(gzipped(event_lines(5)) + gzipped(event_lines(7)), gzip_fields).number("/accepted") == 12);
    BOOST_TEST(stored(server) == 512);
    BOOST_TEST(server.ingest(event_lines(1), "Content-Encoding: br\r\n").problem() == "unsupported_media_type");
    BOOST_TEST(server.ingest(event_lines(1), "Content-Encoding: identity\r\n").status == 201);
}

BOOST_AUTO_TEST_CASE(what_is_not_gzip_is_400) {
    running_server server;
    BOOST_TEST(server.ingest(event_lines(3), gzip_fields).problem() == "bad_request");
    BOOST_TEST(server.ingest(gzipped(event_lines(3)) + "rubbish", gzip_fields).problem() == "bad_request");
    BOOST_TEST(stored(server) == 0);
}

BOOST_AUTO_TEST_CASE(a_body_cut_off_is_answered_with_what_was_committed) {
    running_server server;
    raw_client client(server.port());
    const auto text = client.request("POST", "/api/v1/events", event_lines(25'000), ndjson);
    client.send(text.substr(0, text.size() - 20));
    client.half_close();
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(reply.number("/accepted") == 20'000);
    BOOST_TEST(reply.has("carrel-commit"));
    BOOST_TEST(client.ends());
    BOOST_TEST(stored(server) == 20'000);
}

BOOST_AUTO_TEST_CASE(chunks_that_end_early_are_answered_with_what_was_committed) {
    running_server server;
    raw_client client(server.port());
    client.send(chunked_head(client, ndjson) + chunk(event_lines(12'000)) + "nonsense\r\n");
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(reply.number("/accepted") == 10'000);
    BOOST_TEST(stored(server) == 10'000);
}

BOOST_AUTO_TEST_CASE(a_gzip_cut_off_is_400_even_if_the_body_is_complete) {
    running_server server;
    const auto packed = gzipped(event_lines(3'000));
    const auto reply = server.ingest(packed.substr(0, packed.size() / 2), gzip_fields);
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(reply.number("/accepted") == 0);
    BOOST_TEST(stored(server) == 0);
}

BOOST_AUTO_TEST_CASE(a_long_request_commits_in_parts_and_in_order) {
    running_server server;
    raw_client client(server.port());
    const auto lines = event_lines(25'000);
    client.send(chunked_head(client, ndjson));
    for (std::size_t at = 0; at < lines.size(); at += 50'000)
        client.send(chunk(std::string_view(lines).substr(at, 50'000)));
    client.send("0\r\n\r\n");
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.number("/accepted") == 25'000);
    BOOST_TEST(reply.text("/first_id") < reply.text("/last_id"));
    BOOST_TEST(stored(server) == 25'000);
    const auto last = server.get("/api/v1/events/" + reply.text("/last_id"));
    BOOST_TEST(last.number("/fields/n") == 24'999);
}

BOOST_AUTO_TEST_CASE(a_stream_is_not_read_far_ahead_of_the_writer) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    // Far more than sockets and two parts hold: the client must come to a stop while the writer is busy.
    const std::string line = R"({"host":"h","pad":")" + std::string(400, 'x') + "\"}\n";
    std::string lines;
    for (int i = 0; i < 100'000; ++i) lines += line;
    std::atomic<std::size_t> sent{0};
    client.send(chunked_head(client, ndjson));
    std::thread sender([&] {
        for (std::size_t at = 0; at < lines.size(); at += 100'000) {
            client.send(chunk(std::string_view(lines).substr(at, 100'000)));
            sent += 100'000;
        }
        client.send("0\r\n\r\n");
    });
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    // While it is stopped, the shard serves others.
    raw_client other(server.port());
    for (int i = 0; i < 200; ++i) BOOST_TEST(other.ask("GET", "/health/live").status == 200);
    BOOST_TEST(sent.load() < lines.size());
    BOOST_TEST(held.behind() == 1u);
    held.release();
    const auto reply = client.receive();
    sender.join();
    BOOST_TEST(reply.number("/accepted") == 100'000);
}

BOOST_AUTO_TEST_CASE(more_than_64_mib_unpacked_is_413_with_what_was_accepted) {
    running_server server([](auto& settings) { settings.limits.event_bytes_max = 1 << 20; });
    const auto lines = event_lines(60'000);
    BOOST_TEST(lines.size() > (1u << 20));
    const auto plain = server.ingest(lines);
    BOOST_TEST(plain.problem() == "too_large");
    BOOST_TEST(plain.number("/accepted") == 0);
    BOOST_TEST(stored(server) == 0);
    // Packed, it looks small; what came before the limit is committed.
    const auto bomb = server.ingest(gzipped(lines), gzip_fields);
    BOOST_TEST(bomb.problem() == "too_large");
    BOOST_TEST(bomb.number("/accepted") >= 10'000);
    BOOST_TEST(stored(server) == bomb.number("/accepted"));
    const auto zeros = gzipped(std::string(200u << 20, ' '));
    BOOST_TEST(server.ingest(zeros, gzip_fields).problem() == "too_large");
}

BOOST_AUTO_TEST_CASE(what_unpacks_to_far_more_than_its_size_is_413) {
    running_server server;
    std::string lines;
    for (int i = 0; i < 1'000'000; ++i) lines += "{}\n";
    const auto reply = server.ingest(gzipped(lines), gzip_fields);
    BOOST_TEST(reply.problem() == "too_large");
    BOOST_TEST(reply.number("/accepted") == stored(server));
    BOOST_TEST(stored(server) < 500'000);
}

BOOST_AUTO_TEST_CASE(events_of_one_request_are_bounded_by_number_and_by_what_they_take) {
    running_server few([](auto& settings) { settings.limits.events_max = 20'000; });
    const auto too_many = few.ingest(event_lines(40'000));
    BOOST_TEST(too_many.problem() == "too_large");
    BOOST_TEST(too_many.number("/accepted") == 20'000);
    BOOST_TEST(stored(few) == 20'000);
    running_server small([](auto& settings) { settings.limits.event_store_bytes_max = 4u << 20; });
    const auto too_big = small.ingest(event_lines(40'000));
    BOOST_TEST(too_big.problem() == "too_large");
    BOOST_TEST(too_big.number("/accepted") == stored(small));
}

BOOST_AUTO_TEST_CASE(no_events_are_taken_once_the_disk_is_nearly_full) {
    running_server server([](auto& settings) {
        settings.limits.disk_reserve_bytes = ~std::uint64_t{0};
        settings.limits.disk_reserve_percent_max = 101;  // more than there can be
    });
    BOOST_TEST(server.ingest("{}\n").problem() == "storage_full");
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a")).status == 201);
}

BOOST_AUTO_TEST_CASE(bodies_in_flight_are_bounded_and_refused_before_they_are_read) {
    running_server server([](auto& settings) { settings.limits.intake_bytes_max = 1 << 20; });
    const auto lines = event_lines(20'000);
    raw_client first(server.port());
    const auto text = first.request("POST", "/api/v1/events", lines, ndjson);
    first.send(text.substr(0, text.size() - 1));
    BOOST_TEST(server.get("/health/live").status == 200);
    raw_client second(server.port());
    second.send(second.request("POST", "/api/v1/events", lines, ndjson).substr(0, 300));
    const auto refused = second.receive();
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(refused.has("retry-after"));
    BOOST_TEST(server.ingest("{}\n").status == 201);  // what is small is always taken
    first.send(text.substr(text.size() - 1));
    const auto reply = first.receive();
    BOOST_TEST(reply.number("/accepted") == 20'000, reply.body);
    BOOST_TEST(server.ingest(lines).status == 201);
}

BOOST_AUTO_TEST_CASE(bodies_that_are_only_announced_take_no_room_from_others) {
    running_server server([](auto& settings) { settings.limits.intake_bytes_max = 1 << 20; });
    const auto lines = event_lines(20'000);
    const std::string alert =
        "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 500000\r\n\r\n";
    const auto length = "Expect: 100-continue\r\nContent-Length: " + std::to_string(lines.size()) + "\r\n\r\n";
    std::vector<std::unique_ptr<raw_client>> stalled(20);
    for (std::size_t i = 0; i < stalled.size(); ++i) {
        stalled[i] = std::make_unique<raw_client>(server.port());
        const std::string host = " HTTP/1.1\r\nHost: " + stalled[i]->authority() + "\r\n";
        stalled[i]->send(i % 2 == 0 ? "POST /api/v1/alerts" + host + alert
                                    : "POST /api/v1/events" + host + std::string(ndjson) + length);
        stalled[i]->await_bytes();  // it was let in
    }
    BOOST_TEST(server.ingest(lines).status == 201);
}

BOOST_AUTO_TEST_CASE(what_finds_no_room_within_its_body_tells_how_much_was_stored) {
    running_server server([](auto& settings) { settings.limits.intake_bytes_max = 1 << 20; });
    const auto lines = event_lines(20'000);
    const auto fields = std::string(ndjson) + "Expect: 100-continue\r\n";
    raw_client first(server.port()), second(server.port());
    const auto text = [&](const raw_client& of) { return of.request("POST", "/api/v1/events", lines, fields); };
    const auto head_size = text(first).size() - lines.size();
    for (raw_client* each : {&first, &second}) {
        each->send(text(*each).substr(0, head_size));
        BOOST_TEST(each->receive().status == 100);
    }
    first.send(std::string_view(lines).substr(0, lines.size() - 1));
    // Two bytes of room for each that has come: this much finds none once all of that body has.
    const std::string just_too_much((1 << 19) - lines.size() + 16, ' ');
    BOOST_TEST(eventually([&] {
        raw_client another(server.port());
        const auto whole = another.request("POST", "/api/v1/events", just_too_much, ndjson);
        another.send(whole.substr(0, whole.size() - just_too_much.size()));
        another.half_close();
        return another.receive().status == 503;
    }));
    second.send(lines);
    const auto refused = second.receive();
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(refused.has("retry-after"));
    const auto accepted = refused.number("/accepted");
    BOOST_TEST(accepted < 20'000);
    first.send("\n");
    BOOST_TEST(first.receive().number("/accepted") == 20'000);
    BOOST_TEST(server.get("/api/v1/events/count").number("/count") == 20'000 + accepted);
}

BOOST_AUTO_TEST_CASE(zeros_behind_a_gzip_are_padding_and_anything_else_is_400) {
    running_server server;
    BOOST_TEST(server.ingest(gzipped("{}\n") + std::string(512, '\0'), gzip_fields).number("/accepted") == 1);
    BOOST_TEST(server.ingest(gzipped("{}\n") + "more", gzip_fields).problem() == "bad_request");
}

// Two requests are ready when the shard goes on; the second one is answered before the first one's part is whole.
BOOST_AUTO_TEST_CASE(intake_lets_others_in_before_it_has_read_all_that_came) {
    running_server server([](auto& settings) { settings.limits.unpack_ratio_max = 10'000; });
    server.fill_alerts(1);
    held_writer held(server.store());
    auto on_shard = std::make_shared<gate>();
    auto is_on_shard = std::make_shared<std::atomic<bool>>(false);
    slow_filter::pause = [on_shard, is_on_shard](bool) {
        if (!is_on_shard->exchange(true)) on_shard->wait();
    };
    raw_client busy(server.port()), sender(server.port()), other(server.port());
    for (auto* each : {&busy, &sender, &other}) BOOST_TEST(each->ask("GET", "/health/live").status == 200);
    busy.send(busy.request("GET", "/api/v1/alerts/count?tag=none"));
    BOOST_TEST(eventually([&] { return is_on_shard->load(); }));
    std::string words, lines;  // one part, some ten milliseconds' work
    for (int i = 0; i < 100; ++i) words += "word" + std::to_string(i) + " ";
    for (int i = 0; i < 3'500; ++i) lines += R"({"n":)" + std::to_string(i) + R"(,"text":")" + words + "\"}\n";
    sender.send(sender.request("POST", "/api/v1/events", gzipped(lines), ndjson + gzip_fields));
    other.send(other.request("GET", "/metrics"));
    on_shard->open();
    const auto page = other.receive().body;
    BOOST_TEST(page.find("\ncarrel_writer_queue_jobs 1\n") != std::string::npos,
               page.substr(page.find("\ncarrel_writer_queue_jobs"), 30));
    held.release();
    BOOST_TEST(sender.receive().number("/accepted") == 3'500);
    BOOST_TEST(busy.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(a_write_waits_for_few_of_the_parts_of_events_before_it) {
    running_server server({}, [](options& o) { o.batch_jobs_max = 2; });
    held_writer held(server.store());
    std::deque<raw_client> senders;
    for (int i = 0; i < 5; ++i) {
        auto& each = senders.emplace_back(server.port());
        each.send(each.request("POST", "/api/v1/events", event_lines(10), ndjson));
        BOOST_TEST(eventually([&] { return held.behind() == static_cast<std::uint64_t>(i) + 1; }));
    }
    raw_client writer(server.port());
    writer.send(writer.request("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: application/json\r\n"));
    BOOST_TEST(eventually([&] { return held.behind() == 6; }));
    held.release();
    const auto commit = std::stoll(writer.receive().field("carrel-commit"));
    int with_it = 0;
    for (auto& each : senders) with_it += std::stoll(each.receive().field("carrel-commit")) <= commit;
    BOOST_TEST(with_it <= 2);  // one that was next, and one beside it
}

BOOST_AUTO_TEST_CASE(point_reads_go_on_beside_a_long_stream) {
    running_server server([](auto& settings) { settings.limits.requests_per_connection_max = 100'000'000; });
    server.post("/api/v1/alerts", alert_body("a"));
    std::atomic<bool> is_over{false};
    std::int64_t accepted = 0;
    std::thread sender([&] {
        accepted = server.ingest(gzipped(event_lines(300'000)), gzip_fields).number("/accepted");
        is_over = true;
    });
    int answered = 0;
    raw_client client(server.port());
    for (; !is_over; ++answered) BOOST_TEST(client.ask("GET", "/api/v1/alerts/a").status == 200);
    sender.join();
    BOOST_TEST(accepted == 300'000);
    BOOST_TEST(answered > 100);
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_covers_a_stream) {
    running_server server;
    const std::string key = "Idempotency-Key: batch-7\r\n";
    const auto first = server.ingest(event_lines(15'000), key);
    const auto again = server.ingest(event_lines(15'000), key);
    BOOST_TEST(first.number("/accepted") == 15'000);
    BOOST_TEST(again.text("/first_id") == first.text("/first_id"));
    BOOST_TEST(again.text("/last_id") == first.text("/last_id"));
    BOOST_TEST(stored(server) == 15'000);
    BOOST_TEST(server.ingest(event_lines(3), key).status == 422);
    BOOST_TEST(stored(server) == 15'000);
}

BOOST_AUTO_TEST_CASE(a_stream_behind_a_read_waits_its_turn) {
    running_server server;
    raw_client client(server.port());
    client.send(client.request("GET", "/api/v1/events/count") +
                client.request("POST", "/api/v1/events", event_lines(4), ndjson) +
                client.request("GET", "/api/v1/events/count"));
    BOOST_TEST(client.receive().number("/count") == 0);
    BOOST_TEST(client.receive().number("/accepted") == 4);
    BOOST_TEST(client.receive().number("/count") == 4);
}

BOOST_AUTO_TEST_CASE(a_stream_expecting_100_continue_gets_it) {
    running_server server;
    raw_client client(server.port());
    client.send(chunked_head(client, ndjson + "Expect: 100-continue\r\n"));
    BOOST_TEST(client.receive().status == 100);
    client.send(chunk(event_lines(2)) + "0\r\n\r\n");
    BOOST_TEST(client.receive().number("/accepted") == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
