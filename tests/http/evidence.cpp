#include "base/sha256.hpp"
#include "fixture.hpp"
#include "siem/uploads.hpp"
#include "support/held_writer.hpp"

#include <boost/test/unit_test.hpp>

// Evidence over the wire: files that are stored while they come, and sent in parts.
namespace carrel::testing {

namespace {

const std::string base = "/api/v1/alerts/a/evidence";
const std::string raw_type = "Content-Type: application/octet-stream\r\n";

// Bytes of no text, no two chunks alike.
std::string some_bytes(std::size_t size) {
    std::string made(size, '\0');
    std::uint32_t state = 1;
    for (char& c : made) c = static_cast<char>((state = state * 1'664'525u + 1'013'904'223u) >> 24);
    return made;
}
// More than three jobs, and a chunk that is not whole.
std::string long_file() { return some_bytes(3 * siem::upload::job_bytes + 12'345); }

struct with_alert : running_server {
    explicit with_alert(const tweak& change = {})
        : running_server(change) {
        post("/api/v1/alerts", alert_body("a"));
    }
    wire_reply upload(std::string_view bytes, const std::string& more_fields = {}) {
        return ask("POST", base + "?file_name=f.bin", bytes, raw_type + more_fields);
    }
    std::int64_t count(const char* sql) {
        return store()
            .read([&](read_session& session) { return session.first_integer(read_sql::dynamic(sql)); })
            .value()
            .value();
    }
    std::int64_t filling() { return count("SELECT count(*) FROM blobs WHERE state = 0"); }
    std::string custody(const std::string& id) {
        std::string all;
        const auto list = get(base + "/" + id + "/custody").json();
        for (const auto& each : list.at("items").as_array())
            all.append(all.empty() ? "" : " ").append(each.at("action").as_string().c_str());
        return all;
    }
};

std::string chunked(std::string_view body) {
    std::string made;
    for (; !body.empty(); body.remove_prefix(std::min<std::size_t>(body.size(), 70'000))) {
        const auto piece = body.substr(0, 70'000);
        char size[20];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        made.append(size).append(piece).append("\r\n");
    }
    return made + "0\r\n\r\n";
}

std::string head_of(const raw_client& client, std::string_view more, std::string_view target = {}) {
    return client.request("POST", target.empty() ? base + "?file_name=f.bin" : std::string(target), {},
                          raw_type + std::string(more));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evidence)

BOOST_AUTO_TEST_CASE(a_long_file_is_stored_while_it_comes_and_sent_back_whole_and_in_parts) {
    with_alert server;
    const std::string bytes = long_file();
    const auto made = server.upload(bytes);
    BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
    BOOST_TEST(made.text("/sha256") == base::sha256_hex(bytes));
    BOOST_TEST(made.number("/size") == static_cast<std::int64_t>(bytes.size()));
    BOOST_TEST(made.field("etag") == "\"1\"");
    const std::string path = made.field("location");
    BOOST_TEST(path == base + "/" + made.text("/id"));
    const auto whole = server.get(path + "/download");
    BOOST_TEST(whole.status == 200);
    BOOST_TEST((whole.body == bytes));
    BOOST_TEST(whole.field("content-type") == "application/octet-stream");
    BOOST_TEST(whole.field("accept-ranges") == "bytes");
    BOOST_TEST(!whole.has("transfer-encoding"));
    const auto part = server.get(path + "/download", "Range: bytes=1000000-1299999\r\nIf-Range: \"1\"\r\n");
    BOOST_TEST(part.status == 206);
    BOOST_TEST((part.body == bytes.substr(1'000'000, 300'000)));
    BOOST_TEST(part.field("content-range") == "bytes 1000000-1299999/" + std::to_string(bytes.size()));
    BOOST_TEST(server.get(path + "/download", "Range: bytes=0-1\r\nIf-Range: \"9\"\r\n").status == 200);
    const auto beyond = server.get(path + "/download", "Range: bytes=99999999-\r\n");
    BOOST_TEST(beyond.status == 416);
    BOOST_TEST(beyond.problem() == "range_not_satisfiable");
    BOOST_TEST(beyond.field("content-range") == "bytes */" + std::to_string(bytes.size()));
    BOOST_TEST(server.count("SELECT count(*) FROM blobs WHERE state <> 1") == 0);
}

BOOST_AUTO_TEST_CASE(a_file_in_chunks_or_in_a_form_is_the_same) {
    with_alert server;
    const std::string bytes = long_file();
    raw_client client(server.port());
    client.send(head_of(client, "Transfer-Encoding: chunked\r\n") + chunked(bytes));
    const auto raw = client.receive();
    BOOST_TEST(raw.status == 201);
    const std::string form =
        "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nfrom ws5\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dump.bin\"\r\n\r\n" +
        bytes + "\r\n--b--\r\n";
    const auto made = client.ask("POST", base, form, "Content-Type: multipart/form-data; boundary=\"b\"\r\n");
    BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
    BOOST_TEST(made.text("/sha256") == raw.text("/sha256"));
    BOOST_TEST(made.text("/description") == "from ws5");
    BOOST_TEST(made.text("/file_name") == "dump.bin");
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_kept_and_never_shown) {
    with_alert server;
    const auto made = server.ask("POST", base + "?file_name=caf%C3%A9%22.xml", "<x/>", "Content-Type: text/xml\r\n");
    BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
    const auto got = server.get(made.field("location") + "/download");
    BOOST_TEST(got.field("content-type") == "application/octet-stream");
    BOOST_TEST(got.field("content-disposition") ==
               "attachment; filename=\"caf___.xml\"; filename*=UTF-8''caf%C3%A9%22.xml");
    BOOST_TEST(got.field("x-content-type-options") == "nosniff");
    BOOST_TEST(got.head.find("\r\nContent-Security-Policy: sandbox") != got.head.npos);
    BOOST_TEST(got.head.find("\r\nContent-Security-Policy: default-src 'none'") != got.head.npos);
}

BOOST_AUTO_TEST_CASE(each_download_is_in_the_chain_of_custody_and_what_sends_nothing_is_not) {
    with_alert server;
    const auto made = server.upload("bytes\1");
    const std::string path = made.field("location"), id = made.text("/id");
    raw_client client(server.port());
    const auto head = client.ask("HEAD", path + "/download");
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.field("content-length") == "6");
    BOOST_TEST(client.ask("GET", path + "/download", {}, "If-None-Match: \"1\"\r\n").status == 304);
    BOOST_TEST(client.ask("GET", path + "/download", {}, "If-Match: \"2\"\r\n").status == 412);
    BOOST_TEST(server.custody(id) == "uploaded");
    BOOST_TEST(client.ask("GET", path + "/download").body == "bytes\1");
    BOOST_TEST(client.ask("POST", path + "/verify").json().at("is_intact").as_bool());
    BOOST_TEST(client.ask("DELETE", path).status == 204);
    BOOST_TEST(server.custody(id) == "uploaded downloaded verified deleted");
    const auto last = server.get(base + "/" + id + "/custody?after=0").json().at("items").as_array().back();
    BOOST_TEST(last.at("address").as_string() == "127.0.0.1");
    BOOST_TEST(server.get(path + "/download").status == 404);
    const auto audited = server.get("/api/v1/audit?action=download_alert_evidence").json();
    BOOST_TEST(audited.at("items").as_array().size() >= 1u);
}

BOOST_AUTO_TEST_CASE(a_download_that_cannot_be_written_down_does_not_begin) {
    with_alert server;
    const auto made = server.upload("secret\1");
    const auto dropped = server.store().write(
        [](write_session& session) { return session.execute("ALTER TABLE evidence_custody RENAME TO elsewhere"); });
    BOOST_REQUIRE(dropped.has_value());
    const auto got = server.get(made.field("location") + "/download");
    BOOST_TEST(got.status == 500);
    BOOST_TEST(got.body.find("secret") == got.body.npos);
}

BOOST_AUTO_TEST_CASE(nothing_stays_of_a_file_that_is_cut_off) {
    with_alert server;
    const std::string bytes = long_file();
    const std::string length = "Content-Length: " + std::to_string(bytes.size()) + "\r\n";
    const auto half = std::string_view(bytes).substr(0, bytes.size() - 1);
    {
        raw_client client(server.port());
        client.send(head_of(client, length));
        client.send(half);
        client.half_close();
        BOOST_TEST(client.receive().status == 400);
        BOOST_TEST(server.filling() == 0);
    }
    for (const bool by_reset : {false, true}) {
        raw_client client(server.port());
        client.send(head_of(client, length));
        client.send(half);
        BOOST_TEST(eventually([&] { return server.filling() == 1; }));
        if (by_reset) client.reset();
        else client.close();
        BOOST_TEST(eventually([&] { return server.filling() == 0; }));
    }
    BOOST_TEST(server.get(base + "/count").number("/count") == 0);
    BOOST_TEST(server.count("SELECT count(*) FROM blobs WHERE state = 2") == 3);
}

BOOST_AUTO_TEST_CASE(nothing_stays_of_a_file_that_is_refused) {
    with_alert server;
    const std::string bytes = long_file(), name = base + "?file_name=f.bin";
    BOOST_TEST(server.ask("POST", name, bytes, "Content-Type: image/png\r\n").problem() == "unsupported_media_type");
    const std::string form_head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    BOOST_TEST(
        server.ask("POST", base, form_head + bytes, "Content-Type: multipart/form-data; boundary=b\r\n").problem() ==
        "bad_request");
    BOOST_TEST(server.filling() == 0);
    BOOST_TEST(server.get(base + "/count").number("/count") == 0);
    const std::string target = "/api/v1/alerts/none/evidence?file_name=f";
    BOOST_TEST(server.ask("POST", target, bytes, raw_type).status == 404);
    BOOST_TEST(server.ask("POST", target, "x", raw_type).status == 404);
    BOOST_TEST(server.ask("POST", base + "?file_name=..%2Fx", "x", raw_type).problem() == "invalid");
    BOOST_TEST(server.ask("POST", base + "?file_name=x&file_name=y", "x", raw_type).problem() == "bad_request");
    BOOST_TEST(server.ask("POST", base + "?file_name=x", "x", raw_type + "Content-Encoding: gzip\r\n").status == 415);
    BOOST_TEST(server.ask("POST", base, "x", "Content-Type: multipart/form-data\r\n").status == 415);
    BOOST_TEST(server.count("SELECT count(*) FROM blobs WHERE state <> 2") == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_does_not_wait_for_the_body) {
    with_alert server;
    raw_client client(server.port());
    client.send(head_of(client, "Content-Length: 30000000\r\n", "/api/v1/alerts/none/evidence?file_name=f"));
    client.send(some_bytes(1000));
    BOOST_TEST(client.receive().status == 404);
}

BOOST_AUTO_TEST_CASE(a_file_beyond_the_bound_is_413_wherever_that_is_seen) {
    with_alert server([](auto& settings) { settings.limits.upload_bytes_max = 3u << 20; });
    const std::string fits = some_bytes(3u << 20), beyond = fits + "x";
    BOOST_TEST(server.upload(fits).status == 201);
    BOOST_TEST(server.upload(beyond).problem() == "too_large");
    raw_client client(server.port());
    client.send(head_of(client, "Content-Length: 53477376\r\n"));
    BOOST_TEST(client.receive().status == 413);  // before a byte has come
    raw_client other(server.port());
    other.send(head_of(other, "Transfer-Encoding: chunked\r\n"));
    other.send(chunked(beyond));
    BOOST_TEST(other.receive().status == 413);
    BOOST_TEST(eventually([&] { return server.filling() == 0; }));
    BOOST_TEST(server.get(base + "/count").number("/count") == 1);
}

BOOST_AUTO_TEST_CASE(uploads_side_by_side_are_bounded_in_memory) {
    with_alert server([](auto& settings) { settings.limits.intake_bytes_max = 13u << 19; });
    const std::string bytes = some_bytes(5u << 20);
    const std::string length = "Content-Length: " + std::to_string(bytes.size()) + "\r\n";
    constexpr std::size_t begun =
        2 * siem::upload::job_bytes;  // what waits for the writer, and what is filled meanwhile
    raw_client first(server.port()), second(server.port()), third(server.port());
    wire_reply refused;
    {
        held_writer busy(server.store());
        for (raw_client* each : {&first, &second}) {
            each->send(head_of(*each, length));
            each->send(std::string_view(bytes).substr(0, begun));
        }
        // Two leave less than one needs; more get Retry-After, and nothing of theirs is read.
        BOOST_TEST(eventually([&] {
            raw_client another(server.port());
            another.send(head_of(another, length));
            another.half_close();
            refused = another.receive();
            return refused.status == 503;
        }));
    }
    BOOST_TEST(refused.has("retry-after"));
    first.send(std::string_view(bytes).substr(begun));
    BOOST_TEST(first.receive().status == 201);
    third.send(head_of(third, length));
    third.send(bytes);
    BOOST_TEST(third.receive().status == 201);
    second.send(std::string_view(bytes).substr(begun));
    BOOST_TEST(second.receive().status == 201);
}

BOOST_AUTO_TEST_CASE(uploads_that_stand_still_take_no_room_from_others) {
    with_alert server([](auto& settings) { settings.limits.intake_bytes_max = 4u << 20; });
    const std::string bytes = some_bytes(3u << 20);
    const std::string fields = "Expect: 100-continue\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n";
    std::vector<std::unique_ptr<raw_client>> stalled(20);
    for (auto& each : stalled) {
        each = std::make_unique<raw_client>(server.port());
        each->send(head_of(*each, fields));
        each->await_bytes();  // it was let in
        each->send(bytes.substr(0, 1000));
    }
    BOOST_TEST(server.upload(bytes).status == 201);
    for (const auto& each : stalled) each->reset();
    BOOST_TEST(server.upload(bytes).status == 201);
    BOOST_TEST(server.get(base + "/count").number("/count") == 2);
}

BOOST_AUTO_TEST_CASE(many_at_once_are_all_stored) {
    with_alert server;
    constexpr int clients = 8;
    const std::string bytes = some_bytes(2u << 20);
    std::atomic<int> made{0};
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < clients; ++i)
            all.emplace_back([&] {
                if (server.upload(bytes).status == 201) ++made;
            });
    }
    BOOST_TEST(made.load() == clients);
    BOOST_TEST(server.get(base + "/count").number("/count") == clients);
    const std::string sum = base::sha256_hex(bytes);
    const auto list = server.get(base + "?limit=100").json();
    for (const auto& each : list.at("items").as_array()) {
        const std::string path = base + "/" + each.at("id").as_string().c_str();
        BOOST_TEST(server.ask("POST", path + "/verify").text("/computed_sha256") == sum);
    }
}

BOOST_AUTO_TEST_CASE(the_same_key_is_the_same_evidence) {
    with_alert server;
    const std::string bytes = long_file(), key = "Idempotency-Key: k\r\n";
    const auto first = server.upload(bytes, key), again = server.upload(bytes, key);
    BOOST_TEST(first.status == 201);
    BOOST_TEST(again.body == first.body);
    BOOST_TEST(server.upload(bytes + "x", key).problem() == "invalid");
    BOOST_TEST(server.get(base + "/count").number("/count") == 1);
    BOOST_TEST(server.filling() == 0);
    BOOST_TEST(server.count("SELECT count(*) FROM blobs WHERE state = 1") == 1);
}

BOOST_AUTO_TEST_CASE(others_write_between_the_chunks_of_a_file) {
    with_alert server;
    const std::string bytes = long_file();
    raw_client client(server.port());
    client.send(head_of(client, "Content-Length: " + std::to_string(bytes.size()) + "\r\n"));
    client.send(std::string_view(bytes).substr(0, 2 * siem::upload::job_bytes));
    BOOST_TEST(eventually([&] { return server.filling() == 1; }));
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b")).status == 201);
    BOOST_TEST(server.get(base + "/count").number("/count") == 0);  // nobody sees half a file
    client.send(std::string_view(bytes).substr(2 * siem::upload::job_bytes));
    BOOST_TEST(client.receive().status == 201);
    BOOST_TEST(server.get(base + "/count").number("/count") == 1);
}

BOOST_AUTO_TEST_CASE(requests_behind_an_upload_are_answered_in_order) {
    with_alert server;
    raw_client client(server.port());
    const std::string upload = client.request("POST", base + "?file_name=f.bin", "x\1", raw_type);
    client.send(upload + client.request("GET", base + "/count") + upload + client.request("GET", base + "/count"));
    BOOST_TEST(client.receive().status == 201);
    BOOST_TEST(client.receive().number("/count") == 1);
    BOOST_TEST(client.receive().status == 201);
    BOOST_TEST(client.receive().number("/count") == 2);
}

BOOST_AUTO_TEST_CASE(data_of_a_model_is_an_upload_too) {
    with_alert server;
    server.post("/api/v1/ml/models", R"({"id":"m","name":"scorer","model_version":"1.0.0","model_type":"forest"})");
    const std::string bytes = long_file();
    const auto given = server.ask("POST", "/api/v1/ml/models/m/data?file_name=w.bin", bytes, raw_type);
    BOOST_REQUIRE_MESSAGE(given.status == 200, given.body);
    BOOST_TEST(given.field("etag") == "\"2\"");
    const auto got = server.get("/api/v1/ml/models/m/data", "Range: bytes=-5\r\n");
    BOOST_TEST(got.status == 206);
    BOOST_TEST(got.body == bytes.substr(bytes.size() - 5));
    raw_client client(server.port());
    client.send(head_of(client, "Content-Length: 67108865\r\n", "/api/v1/ml/models/m/data?file_name=w.bin"));
    BOOST_TEST(client.receive().status == 413);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
