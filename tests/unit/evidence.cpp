// Evidence: files of alerts and investigations, and who had them in hand.
#include "siem/cases/evidence.hpp"
#include "support/uploading.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using siem::problem_code;

BOOST_AUTO_TEST_SUITE(evidence)

namespace {

const std::string of_alert = "/alerts/a/evidence", of_case = "/investigations/c/evidence";

struct with_parents : domain {
    with_parents() {
        post("/alerts", R"({"id":"a","title":"t","severity":"high"})");
        post("/alerts", R"({"id":"b","title":"t","severity":"high"})");
        post("/investigations", R"({"id":"c","title":"t","priority":"high"})");
    }
    void close_case() {
        for (const char* to : {"in_progress", "resolved"})
            post("/investigations/c/status", R"({"status":")" + std::string(to) + "\"}");
        const auto closed =
            post("/investigations/c/close",
                 R"({"verdict":"true_positive","resolution_category":"contained","summary":"All is well again."})");
        if (closed.refused) throw std::runtime_error(closed.refused->detail);
    }
};

std::string id_of(const answer& made) { return made.text("/id"); }

// `uploaded downloaded …`
std::string custody(domain& d, const std::string& path) {
    const auto list = d.get(path + "/custody");
    if (list.refused) return list.refused->detail;
    std::string all;
    const auto items = list.at("/items");
    for (const auto& each : items.as_array())
        all.append(all.empty() ? "" : " ").append(each.at("action").as_string().c_str());
    return all;
}

std::string why(const answer& got) { return got.refused ? got.refused->detail : "taken"; }

}  // namespace

BOOST_AUTO_TEST_CASE(evidence_is_in_the_timeline_of_its_investigation) {
    with_parents d;
    const std::string id = id_of(upload(d, of_case, {.bytes = "line\n", .name = "a.txt"}));
    upload(d, of_alert, {.bytes = "line\n", .name = "b.txt"});
    const auto items = d.get("/investigations/c/timeline", {{"type", "evidence"}}).at("/items").as_array();
    BOOST_REQUIRE(items.size() == 1U);
    BOOST_TEST(items[0].at("id").as_string() == id);
    BOOST_TEST(items[0].at("file_name").as_string() == "a.txt");
    BOOST_TEST(items[0].at("size") == 5);
}

BOOST_AUTO_TEST_CASE(a_file_becomes_evidence_and_comes_back_byte_by_byte) {
    with_parents d;
    const std::string bytes = "line one\nline two\n";
    for (const std::string& base : {of_alert, of_case}) {
        const auto made = upload(d, base, {.bytes = bytes, .name = "sys log.txt"});
        BOOST_REQUIRE_MESSAGE(!made.refused, why(made));
        BOOST_TEST((made.reply.kind == siem::outcome::created));
        BOOST_TEST(made.reply.version == 1);
        BOOST_TEST(made.reply.location == "/api/v1" + base + "/" + id_of(made));
        BOOST_TEST(made.text("/sha256") == base::sha256_hex(bytes));
        BOOST_TEST(made.at("/size") == 18);
        BOOST_TEST(made.text("/file_name") == "sys log.txt");
        BOOST_TEST(made.text("/media_type") == "text/plain");
        BOOST_TEST(made.text("/type") == "log");
        BOOST_TEST(made.text("/uploaded_by") == "ada");
        const std::string path = base + "/" + id_of(made);
        BOOST_TEST(d.get(path).reply.body == made.reply.body);
        BOOST_TEST(ids(d.get(base)) == id_of(made));
        BOOST_TEST(d.get(base + "/count").at("/count") == 1);
        answer first;
        BOOST_TEST(downloaded(d, path + "/download", first) == bytes);
        BOOST_TEST(first.reply.length.value() == 18u);
        BOOST_TEST(first.reply.file_name == "sys log.txt");
        BOOST_TEST(first.reply.media_type == "text/plain");
        BOOST_TEST(first.reply.content_range.empty());
    }
    BOOST_TEST(d.get(of_alert).at("/items/0/alert_id") == "a");
    BOOST_TEST(d.get(of_case).at("/items/0/investigation_id") == "c");
}

BOOST_AUTO_TEST_CASE(evidence_is_its_parents_only) {
    with_parents d;
    const std::string id = id_of(upload(d, of_alert, {.bytes = "x"}));
    for (const std::string& base : {std::string("/alerts/b/evidence/"), std::string("/investigations/c/evidence/"),
                                    std::string("/investigations/a/evidence/")}) {
        BOOST_TEST(is(d.get(base + id), problem_code::not_found), base);
        BOOST_TEST(is(d.get(base + id + "/download"), problem_code::not_found), base);
        BOOST_TEST(is(d.get(base + id + "/custody"), problem_code::not_found), base);
        BOOST_TEST(is(d.post(base + id + "/verify", ""), problem_code::not_found), base);
        BOOST_TEST(is(d.remove(base + id), problem_code::not_found), base);
    }
    BOOST_TEST(is(upload(d, "/alerts/none/evidence", {.bytes = "x"}), problem_code::not_found));
    BOOST_TEST(is(upload(d, "/investigations/none/evidence", {.bytes = "x"}), problem_code::not_found));
    BOOST_TEST(ids(d.get("/alerts/b/evidence")) == "");
    // Nothing was stored of what was refused.
    BOOST_TEST(d.count("SELECT count(*) FROM blobs") == 1);
}

BOOST_AUTO_TEST_CASE(a_form_may_hold_the_file_and_its_description) {
    with_parents d;
    const auto about = [](std::string_view text) {
        return form({{"Content-Disposition: form-data; name=\"description\"", text}, {file_head, "bytes"}});
    };
    const auto made = upload(d, of_alert, {.bytes = about("found on ws5"), .name = "", .type = form_type});
    BOOST_REQUIRE_MESSAGE(!made.refused, why(made));
    BOOST_TEST(made.text("/description") == "found on ws5");
    BOOST_TEST(made.text("/file_name") == "a.txt");
    const auto refused = [&](std::string_view body) {
        return why(upload(d, of_alert, {.bytes = body, .name = "", .type = form_type}));
    };
    BOOST_TEST(refused(about(std::string(2001, 'x'))) == "`description` must have at most 2000 characters");
    BOOST_TEST(refused(about("\xff")) == "`description` must be UTF-8");
    BOOST_TEST(refused(about(std::string(20'000, 'x'))) == "`description` is too long");
    BOOST_TEST(refused(form({{"Content-Disposition: form-data; name=\"description\"", "x"}})) ==
               "`file` is missing: the form has no such part");
    BOOST_TEST(refused(form({{file_head, "x"}, {file_head, "y"}})) == "`file` is given twice");
    BOOST_TEST(refused(form({{file_head, ""}})) == "`file` is empty");
    BOOST_TEST(refused(form({{"Content-Disposition: form-data; name=\"other\"", "x"}})) ==
               "`other` is no part of this form");
    BOOST_TEST(refused(form({{"Content-Type: text/plain", "x"}})) == "The form has a part without a name.");
    BOOST_TEST(refused(form({{"Content-Disposition: form-data; name=\"file\"", "x"}})) == "`file` has no file name");
    BOOST_TEST(refused(form({{"Content-Disposition: form-data; name=\"file\"; filename=\"../x\"", "x"}})) ==
               "`file_name` must be a name, not a path: it has a / or a \\");
    BOOST_TEST(refused(form({{"Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: "
                              "multipart/mixed; boundary=x",
                              "x"}})) == "`Content-Type` must not be a multipart type within a form");
    BOOST_TEST(refused("--frontier\r\n" + std::string(file_head) + "\r\n\r\nhalf") ==
               "The form ends before its last boundary.");
    BOOST_TEST(why(upload(d, of_alert, {.bytes = "x", .type = "multipart/form-data"})) ==
               "`Content-Type` has no boundary");
    BOOST_TEST(d.count("SELECT count(*) FROM evidence") == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM blobs") == 1);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file_is_told) {
    with_parents d;
    const auto refused = [&](const sent_file& file) { return upload(d, of_alert, file); };
    BOOST_TEST(is(refused({.bytes = "x", .name = "../x"}), problem_code::invalid));
    BOOST_TEST(refused({.bytes = "x", .name = ""}).faults() == "file_name");
    BOOST_TEST(
        is(refused({.bytes = "x", .name = "", .disposition = "attachment; filename"}), problem_code::bad_request));
    BOOST_TEST(
        refused({.bytes = "x", .name = "", .disposition = "attachment; filename=\"n.txt\""}).text("/file_name") ==
        "n.txt");
    BOOST_TEST(is(refused({.bytes = "<p>", .type = "text/html"}), problem_code::unsupported_media_type));
    BOOST_TEST(is(refused({.bytes = "not a picture", .type = "image/png"}), problem_code::unsupported_media_type));
    const auto png = refused({.bytes = "\x89PNG\r\n\x1a\nrest", .name = "s.png", .type = "image/png"});
    BOOST_TEST(png.text("/type") == "screenshot");
    BOOST_TEST(is(refused({.bytes = "12345", .bytes_max = 4}), problem_code::too_large));
    BOOST_TEST(!refused({.bytes = "1234", .bytes_max = 4}).refused.has_value());
    BOOST_TEST(refused({.bytes = "x", .type = ""}).text("/media_type") == "text/plain");
}

BOOST_AUTO_TEST_CASE(a_part_of_a_file_is_sent_where_it_is_asked_for) {
    with_parents d;
    std::string bytes;
    for (std::size_t i = 0; bytes.size() < 2 * siem::chunk_bytes + 1000; ++i) bytes += std::to_string(i) + "\n";
    const std::string path = of_alert + "/" + id_of(upload(d, of_alert, {.bytes = bytes})) + "/download";
    answer first;
    BOOST_TEST((downloaded(d, path, first) == bytes));
    const auto size = std::to_string(bytes.size());
    const std::size_t from = siem::chunk_bytes - 5;
    const auto part = downloaded(d, path, first, "bytes=" + std::to_string(from) + "-" + std::to_string(from + 9));
    BOOST_TEST(part == bytes.substr(from, 10));
    BOOST_TEST(first.reply.length.value() == 10u);
    BOOST_TEST(first.reply.content_range ==
               "bytes " + std::to_string(from) + "-" + std::to_string(from + 9) + "/" + size);
    BOOST_TEST(downloaded(d, path, first, "bytes=-4") == bytes.substr(bytes.size() - 4));
    BOOST_TEST((downloaded(d, path, first, "bytes=0-1,5-6") == bytes));
    BOOST_TEST(downloaded(d, path, first, "bytes=0-1", "\"1\"").size() == 2u);
    BOOST_TEST((downloaded(d, path, first, "bytes=0-1", "\"2\"") == bytes));
    downloaded(d, path, first, "bytes=" + size + "-");
    BOOST_TEST(is(first, problem_code::range_not_satisfiable));
    BOOST_TEST(first.reply.content_range == "bytes */" + size);
}

BOOST_AUTO_TEST_CASE(whoever_has_evidence_in_hand_is_written_down_for_good) {
    with_parents d;
    const std::string id = id_of(upload(d, of_alert, {.bytes = "x", .name = "n.txt"})), path = of_alert + "/" + id;
    BOOST_TEST(custody(d, path) == "uploaded");
    const auto first = d.get(path + "/custody").at("/items/0");
    BOOST_TEST(first.at("principal") == "ada");
    BOOST_TEST(first.at("address") == "192.0.2.9");
    BOOST_TEST(first.at("sha256").as_string() == base::sha256_hex("x"));
    BOOST_TEST(first.at("file_name") == "n.txt");
    BOOST_TEST(!d.post(path + "/verify", "").refused.has_value());
    BOOST_TEST(!d.remove(path).refused.has_value());
    BOOST_TEST(is(d.get(path), problem_code::not_found));
    BOOST_TEST(custody(d, path) == "uploaded verified deleted");
    const auto page = d.get(path + "/custody", {{"limit", "2"}});
    BOOST_TEST(page.at("/items").as_array().size() == 2u);
    const auto rest = d.get(path + "/custody", {{"after", std::to_string(page.at("/next").as_int64())}});
    BOOST_TEST(rest.at("/items/0/action") == "deleted");
    BOOST_TEST(rest.at("/next").is_null());
    BOOST_TEST(is(d.get(path + "/custody", {{"after", "x"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get(of_alert + "/none/custody"), problem_code::not_found));
    for (const char* change : {"UPDATE evidence_custody SET principal = 'eve'", "DELETE FROM evidence_custody"}) {
        const auto done = d.write([&](write_session& session) { return session.execute(write_sql::dynamic(change)); });
        BOOST_TEST((!done && done.error() == sqlite_errc::constraint_trigger), change);
    }
}

BOOST_AUTO_TEST_CASE(a_download_is_noted_before_it_begins) {
    with_parents d;
    const std::string path = of_alert + "/" + id_of(upload(d, of_alert, {.bytes = "x"}));
    const siem::operation what = siem::download_evidence_operation(siem::alert_evidence());
    siem::call request;
    request.path = {"a", path.substr(of_alert.size() + 1)};
    request.principal = "bob";
    request.range = "bytes=0-0";
    siem::reply ignored;
    const auto note = [&] {
        return d.write([&](write_session& session) { return what.note(what, session, request, ignored); });
    };
    BOOST_TEST(note().has_value());
    BOOST_TEST(d.get(path + "/custody").at("/items/1/principal") == "bob");
    BOOST_TEST(d.get(path + "/custody").at("/items/1/detail") == "bytes=0-0");
    // Who has it already gets nothing.
    request.conditions.if_none_match = siem::version_list{.any = true};
    BOOST_TEST(note().has_value());
    BOOST_TEST(custody(d, path) == "uploaded downloaded");
    request.path[1] = "none";
    BOOST_TEST(!note().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_verified_against_what_came) {
    with_parents d;
    const std::string path = of_alert + "/" + id_of(upload(d, of_alert, {.bytes = "genuine"}));
    auto verified = d.post(path + "/verify", "");
    BOOST_TEST(verified.at("/is_intact") == true);
    BOOST_TEST(verified.text("/computed_sha256") == base::sha256_hex("genuine"));
    d.write([](write_session& session) {
        return session.execute("UPDATE blob_chunks SET bytes = CAST('forged!' AS BLOB)");
    });
    verified = d.post(path + "/verify", "");
    BOOST_TEST(verified.at("/is_intact") == false);
    BOOST_TEST(verified.text("/computed_sha256") == base::sha256_hex("forged!"));
    d.write([](write_session& session) { return session.execute("DELETE FROM blob_chunks"); });
    verified = d.post(path + "/verify", "");
    BOOST_TEST(verified.at("/is_intact") == false);
    BOOST_TEST(verified.at("/computed_sha256").is_null());
    BOOST_TEST(d.get(path + "/custody").at("/items/3/detail") == "damaged");
}

BOOST_AUTO_TEST_CASE(a_closed_investigation_keeps_its_evidence_as_it_is) {
    with_parents d;
    const std::string path = of_case + "/" + id_of(upload(d, of_case, {.bytes = "x"}));
    d.close_case();
    BOOST_TEST(is(upload(d, of_case, {.bytes = "y"}), problem_code::conflict));
    BOOST_TEST(is(d.remove(path), problem_code::conflict));
    BOOST_TEST(custody(d, path) == "uploaded");
    answer first;
    BOOST_TEST(downloaded(d, path + "/download", first) == "x");
    BOOST_TEST(d.post(path + "/verify", "").at("/is_intact") == true);
    const siem::operation what = siem::upload_evidence_operation(siem::investigation_evidence());
    siem::call request;
    request.path[0] = "c";
    siem::reply got;
    BOOST_TEST(!d.read([&](read_session& session) { return what.admit(what, session, request, got); }).has_value());
    BOOST_TEST((got.refused->code == problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(a_parent_stays_as_long_as_it_has_evidence) {
    with_parents d;
    const std::string path = of_alert + "/" + id_of(upload(d, of_alert, {.bytes = "x"}));
    BOOST_TEST(is(d.remove("/alerts/a"), problem_code::conflict));
    BOOST_TEST(is(
        d.remove(path, [](siem::call& request) { request.conditions.if_match = siem::version_list{.versions = {2}}; }),
        problem_code::stale_version));
    BOOST_TEST(!d.remove(path).refused.has_value());
    BOOST_TEST(d.count("SELECT state FROM blobs") == 2);
    BOOST_TEST(!d.remove("/alerts/a").refused.has_value());
    BOOST_TEST(custody(d, path) == "uploaded deleted");
}

BOOST_AUTO_TEST_CASE(evidence_has_one_parent_and_one_blob) {
    with_parents d;
    upload(d, of_alert, {.bytes = "x"});
    for (const char* sql : {"UPDATE evidence SET investigation_id = 'c'", "UPDATE evidence SET alert_id = NULL",
                            "UPDATE evidence SET alert_id = 'none'", "UPDATE evidence SET blob = 99"}) {
        const auto done = d.write([&](write_session& session) { return session.execute(write_sql::dynamic(sql)); });
        BOOST_TEST(!done.has_value(), sql);
    }
}

BOOST_AUTO_TEST_CASE(the_same_key_makes_no_second_evidence_and_leaves_no_chunks) {
    with_parents d;
    const auto keyed = [](siem::call& request) { request.idempotency = siem::idempotency{"k", "f"}; };
    const auto first = upload(d, of_alert, {.bytes = "x"}, keyed), again = upload(d, of_alert, {.bytes = "x"}, keyed);
    BOOST_TEST(id_of(first) == id_of(again));
    BOOST_TEST(d.count("SELECT count(*) FROM evidence") == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM blobs WHERE state <> 1") == 0);
    BOOST_TEST(custody(d, of_alert + "/" + id_of(first)) == "uploaded");
}

BOOST_AUTO_TEST_CASE(lists_are_narrowed_by_what_evidence_is) {
    with_parents d;
    const std::string text = id_of(upload(d, of_alert, {.bytes = "x"}));
    d.now += 1;
    const std::string png =
        id_of(upload(d, of_alert, {.bytes = "\x89PNG\r\n\x1a\n", .name = "s.png", .type = "image/png"}));
    BOOST_TEST(ids(d.get(of_alert)) == png + " " + text);
    BOOST_TEST(ids(d.get(of_alert, {{"type", "screenshot"}})) == png);
    BOOST_TEST(ids(d.get(of_alert, {{"sha256", base::sha256_hex("x")}})) == text);
    BOOST_TEST(ids(d.get(of_alert, {{"sort", "created_at"}, {"limit", "1"}})) == text);
    BOOST_TEST(is(d.get(of_alert, {{"type", "virus"}}), problem_code::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()
