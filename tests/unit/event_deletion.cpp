// Events that are deleted, and those that must stay.
#include "siem/event_deletion.hpp"
#include "siem/file_space.hpp"
#include "siem/legal_hold.hpp"

#include "support/removing.hpp"
#include "support/sealing.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

using carrel::testing::delete_a_step;
using carrel::testing::delete_all;
using carrel::testing::domain;
using carrel::testing::seal_all;

BOOST_AUTO_TEST_SUITE(event_deletion)

namespace {

constexpr std::int64_t second = 1'000'000, begin = 1'600'000'000;

std::string at(std::int64_t offset) { return carrel::siem::format_time((begin + offset) * second); }

// Events of one second each, some bytes of which JSON would write otherwise.
std::string lines(int from, int count) {
    std::string all;
    for (int i = from; i < from + count; ++i)
        all += R"({"ts":)" + std::to_string(begin + i) + R"(,"host":"h)" + std::to_string(i % 3) + R"(", "n":)" +
               std::to_string(i) + R"( ,"x":1.50})" + "\n";
    return all;
}

// Each event as it comes, by its number.
std::map<std::int64_t, std::string> all_of(domain& d) {
    std::map<std::int64_t, std::string> found;
    std::string cursor;
    for (;;) {
        domain::query wanted{{"limit", "1000"}, {"sort", "timestamp"}};
        if (!cursor.empty()) wanted.emplace_back("cursor", cursor);
        const auto reply = d.get("/events", wanted).reply.body;
        const auto page = boost::json::parse(reply);
        for (const auto& item : page.at("items").as_array())
            found[item.at_pointer("/fields/n").as_int64()] = item.at("id").as_string().c_str();
        if (page.at("next").is_null()) break;
        cursor = page.at("next").as_string().c_str();
    }
    for (auto& [n, event] : found) event = d.get("/events/" + event).reply.body;
    return found;
}

std::string id_of(const std::string& event) { return std::string(boost::json::parse(event).at("id").as_string()); }

domain::query before(std::int64_t offset) { return {{"to", at(offset)}}; }

carrel::testing::answer remove(domain& d, const domain::query& wanted, const domain::tweak& change = {}) {
    return d.send(carrel::siem::method::del, "/events", {}, wanted, change);
}
carrel::testing::answer job(domain& d, const carrel::testing::answer& begun) {
    return d.get("/events/deletions/" + begun.text("/id"));
}

std::string alert(std::string_view events, std::string_view more = {}) {
    return R"({"title":"t","severity":"low","event_ids":[)" + std::string(events) + "]" + std::string(more) + "}";
}
std::string quoted(const std::string& id) { return '"' + id + '"'; }

void close(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/alerts/" + id + "/status", R"({"status":"closed"})").refused);
}

std::int64_t holds(domain& d) { return d.count("SELECT count(*) FROM event_holds"); }

}  // namespace

BOOST_AUTO_TEST_CASE(segments_go_whole_or_are_cut_and_what_stays_is_as_it_was) {
    domain d;
    for (int i = 0; i < 12; ++i) d.ingest_lines(lines(i * 1000, 1000));
    seal_all(d);
    auto expected = all_of(d);
    const auto positions = d.count("SELECT max(last) FROM segment_positions");
    const auto begun = remove(d, {{"from", at(100)}, {"to", at(9'500)}});
    BOOST_TEST((begun.reply.kind == carrel::siem::outcome::accepted));
    BOOST_TEST(begun.text("/state") == "waiting");
    BOOST_TEST(begun.at("/events_max").as_int64() == 10'000);
    BOOST_TEST(begun.reply.location == "/api/v1/events/deletions/" + begun.text("/id"));
    delete_all(d);
    expected.erase(expected.lower_bound(100), expected.lower_bound(9'500));
    BOOST_TEST((all_of(d) == expected));
    const auto done = job(d, begun);
    BOOST_TEST(done.text("/state") == "done");
    BOOST_TEST(done.at("/deleted").as_int64() == 9'400);
    BOOST_TEST(done.at("/held").as_int64() == 0);
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 2'600);
    // The feed tells the rest in the same order, at the positions it had.
    BOOST_TEST(d.count("SELECT max(last) FROM segment_positions") == positions);
    const auto feed = d.get("/events/feed", {{"limit", "1000"}}).json();
    BOOST_TEST(feed.at("items").as_array()[99].at_pointer("/fields/n").as_int64() == 99);
    BOOST_TEST(feed.at("items").as_array()[100].at_pointer("/fields/n").as_int64() == 9'500);
}

BOOST_AUTO_TEST_CASE(what_is_stored_after_a_deletion_began_stays) {
    domain d;
    d.ingest_lines(lines(0, 50));
    const auto begun = remove(d, before(1'000));
    d.ingest_lines(lines(50, 50));
    for (int i = 0; i < 80; ++i) d.ingest_lines(lines(100 + i, 1));
    seal_all(d);  // puts both together
    delete_all(d);
    BOOST_TEST(job(d, begun).at("/deleted").as_int64() == 50);
    const auto left = all_of(d);
    BOOST_TEST(left.size() == 130);
    BOOST_TEST(left.begin()->first == 50);
}

BOOST_AUTO_TEST_CASE(positions_are_not_given_again_when_all_is_deleted) {
    domain d;
    d.ingest_lines(lines(0, 10));
    const std::string cursor = d.get("/events/feed").text("/next");
    remove(d, before(1'000));
    delete_all(d);
    BOOST_TEST(d.count("SELECT count(*) FROM event_segments") == 0);
    d.ingest_lines(lines(10, 2));
    const auto page = d.get("/events/feed", {{"after", cursor}}).json();
    BOOST_TEST(page.at("items").as_array().size() == 2);
}

BOOST_AUTO_TEST_CASE(events_of_an_alert_stay_until_it_is_closed) {
    domain d;
    for (int i = 0; i < 6; ++i) d.ingest_lines(lines(i * 1000, 1000));
    seal_all(d);
    const auto expected = all_of(d);
    const std::string one = id_of(expected.at(7)), other = id_of(expected.at(4'321));
    const auto a = d.post("/alerts", alert(quoted(one) + "," + quoted(other))).text("/id");
    const auto begun = remove(d, before(5'000));
    delete_all(d);
    BOOST_TEST(job(d, begun).at("/held").as_int64() == 2);
    BOOST_TEST(job(d, begun).at("/deleted").as_int64() == 4'998);
    auto left = all_of(d);
    BOOST_TEST(left.size() == 1'002);
    BOOST_TEST(left.at(7) == expected.at(7));
    BOOST_TEST(left.at(4'321) == expected.at(4'321));
    close(d, a);
    remove(d, before(5'000));
    delete_all(d);
    BOOST_TEST(all_of(d).size() == 1'000);
}

BOOST_AUTO_TEST_CASE(an_alert_between_the_plan_and_the_deletion_holds_its_events) {
    domain d;
    d.ingest_lines(lines(0, 100));
    const auto expected = all_of(d);
    remove(d, before(1'000));
    const auto open = d.read(carrel::siem::next_deletion).value();
    const auto step = d.read([&](carrel::read_session& s) { return plan_removal(s, open->wanted); }).value();
    d.post("/alerts", alert(quoted(id_of(expected.at(3)))));
    BOOST_TEST(!d.write([&](carrel::write_session& s) { return delete_segments(s, *open, step, 1); }).value());
    BOOST_TEST(all_of(d).size() == 100);
    delete_all(d);
    BOOST_TEST(all_of(d).size() == 1);
    BOOST_TEST(all_of(d).at(3) == expected.at(3));
}

BOOST_AUTO_TEST_CASE(a_step_whose_segment_was_sealed_meanwhile_is_planned_again) {
    domain d;
    for (int i = 0; i < 64; ++i) d.ingest_lines(lines(i, 1));
    remove(d, before(32));
    const auto open = d.read(carrel::siem::next_deletion).value();
    const auto step = d.read([&](carrel::read_session& s) { return plan_removal(s, open->wanted); }).value();
    const auto run = d.read(carrel::siem::seal_segments).value();
    seal_all(d);
    BOOST_TEST(!d.write([&](carrel::write_session& s) { return delete_segments(s, *open, step, 1); }).value());
    delete_all(d);
    BOOST_TEST(all_of(d).size() == 32);
    BOOST_TEST(!carrel::testing::replace(d, *run));  // and what was read before brings nothing back
    BOOST_TEST(all_of(d).size() == 32);
}

BOOST_AUTO_TEST_CASE(what_was_put_together_between_two_steps_is_looked_at_whole) {
    domain d;
    for (int i = 0; i < 20; ++i) {  // half of each segment goes
        d.ingest_lines(lines(400 * i, 400) + lines(100'000 + 400 * i, 400));
    }
    const auto held = d.get("/events", {{"to", at(10)}, {"limit", "2"}});
    d.post("/alerts", alert(quoted(held.text("/items/0/id")) + "," + quoted(held.text("/items/1/id"))));
    const auto begun = remove(d, before(50'000));
    BOOST_REQUIRE(delete_a_step(d));
    BOOST_TEST(job(d, begun).text("/state") == "running");
    BOOST_TEST(seal_all(d) > 0);
    delete_all(d);
    BOOST_TEST(job(d, begun).at("/deleted").as_int64() == 7'998);
    BOOST_TEST(job(d, begun).at("/held").as_int64() == 2);
    BOOST_TEST(all_of(d).size() == 8'002);
}

BOOST_AUTO_TEST_CASE(what_an_alert_holds_follows_each_way_it_can_change) {
    domain d;
    d.ingest_lines(lines(0, 10));
    const auto events = all_of(d);
    const auto id = [&](int n) { return quoted(id_of(events.at(n))); };
    d.post("/alerts", R"({"title":"t","severity":"low"})");
    BOOST_TEST(holds(d) == 0);
    const auto a = d.post("/alerts", alert(id(0) + "," + id(1), R"(,"fingerprint":"f")")).text("/id");
    const auto b = d.post("/alerts", alert(id(1) + "," + id(2))).text("/id");
    BOOST_TEST(holds(d) == 4);
    d.post("/alerts", alert(id(3), R"(,"fingerprint":"f")"));  // merged into the first
    BOOST_TEST(holds(d) == 5);
    d.patch("/alerts/" + a, R"({"title":"other"})");
    BOOST_TEST(holds(d) == 5);
    BOOST_REQUIRE(!d.post("/alerts/" + b + "/status", R"({"status":"dismissed"})").refused);
    BOOST_TEST(holds(d) == 5);
    close(d, b);
    BOOST_TEST(holds(d) == 3);
    d.remove("/alerts/" + b);
    BOOST_TEST(holds(d) == 3);
    d.remove("/alerts/" + a);
    BOOST_TEST(holds(d) == 0);
    // One that is closed holds nothing, whatever is added.
    BOOST_TEST(d.post("/alerts", alert(quoted("nowhere"))).faults() == "event_ids[0]");
    BOOST_TEST(holds(d) == 0);
}

BOOST_AUTO_TEST_CASE(alerts_of_an_earlier_version_hold_their_events) {
    domain d(6);
    const auto filled = d.write([](carrel::write_session& session) {
        return session.execute(
            "INSERT INTO alerts(seq, id, version, created_at, updated_at, title, severity, status, disposition, "
            "event_ids, tags, duplicate_count, last_seen) VALUES "
            "(1, 'a', 1, 1, 1, 't', 3, 0, 0, '[\"e\",\"f\",\"e\"]', '[]', 0, 1), "
            "(2, 'b', 1, 1, 1, 't', 3, 7, 0, '[\"g\"]', '[]', 0, 1), (3, 'c', 1, 1, 1, 't', 3, 3, 0, '[]', '[]', 0, "
            "1)");
    });
    BOOST_REQUIRE(filled.has_value());
    d.upgrade();
    BOOST_TEST(holds(d) == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM event_holds WHERE holder = 1 AND event IN ('e', 'f')") == 2);
}

BOOST_AUTO_TEST_CASE(rows_of_an_earlier_version_are_deleted_too) {
    domain d(5);
    constexpr int rows = 2'500;
    std::vector<std::string> ids;
    const auto filled = d.write([&](carrel::write_session& session) -> carrel::result<void> {
        carrel::siem::uuid_generator fresh;
        auto row = session.prepare(
            carrel::write_sql("INSERT INTO events(id, timestamp, received_at, fields) VALUES (?, ?, 5, ?)"));
        if (!row) return row.error();
        for (int i = 0; i < rows; ++i) {
            ids.push_back(fresh());
            if (auto done = row->bind(ids.back(), (begin + i) * second, R"({"n":)" + std::to_string(i) + "}").run();
                !done)
                return done;
        }
        return {};
    });
    BOOST_REQUIRE(filled.has_value());
    d.upgrade();
    d.post("/alerts", alert(quoted(ids[10])));
    const auto run = d.read(carrel::siem::seal_rows).value();
    const auto begun = remove(d, before(2'000));
    BOOST_TEST(begun.at("/events_max").as_int64() == 2'000);
    BOOST_TEST(!carrel::testing::replace(d, *run));  // not before the deletion has looked at them
    delete_all(d);
    BOOST_TEST(job(d, begun).at("/deleted").as_int64() == 1'999);
    BOOST_TEST(job(d, begun).at("/held").as_int64() == 1);
    BOOST_TEST(!carrel::testing::replace(d, *run));
    BOOST_REQUIRE(carrel::testing::replace(d, *d.read(carrel::siem::seal_rows).value()));
    const auto left = all_of(d);
    BOOST_TEST(left.size() == 501);
    BOOST_TEST(id_of(left.at(10)) == ids[10]);
    BOOST_TEST(d.get("/events/feed", {{"limit", "1000"}}).at("/items").as_array().size() == 501);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_deletion_is_named) {
    domain d;
    BOOST_TEST(remove(d, {}).faults() == "to");
    BOOST_TEST(remove(d, {{"to", "yesterday"}}).faults() == "to");
    BOOST_TEST(remove(d, {{"to", at(5)}, {"from", at(5)}}).faults() == "from");
    BOOST_TEST(remove(d, {{"to", at(5)}, {"to", at(6)}}).faults() == "to");
    BOOST_TEST(remove(d, {{"to", at(5)}, {"host", "h"}}).faults() == "host");
    BOOST_TEST(d.count("SELECT count(*) FROM event_deletions") == 0);
}

BOOST_AUTO_TEST_CASE(a_deletion_with_a_key_is_begun_once) {
    domain d;
    const auto with_key = [](carrel::siem::call& request) { request.idempotency = {"k", "f"}; };
    const auto first = remove(d, before(5), with_key), again = remove(d, before(5), with_key);
    BOOST_TEST(first.text("/id") == again.text("/id"));
    BOOST_TEST(first.reply.location == again.reply.location);
    BOOST_TEST((again.reply.kind == carrel::siem::outcome::accepted));
    BOOST_TEST(d.get("/events/deletions").at("/items").as_array().size() == 1);
    BOOST_TEST(d.get("/events/deletions", {{"state", "done"}}).at("/items").as_array().empty());
    delete_all(d);
    BOOST_TEST(d.get("/events/deletions", {{"state", "done"}}).at("/items").as_array().size() == 1);
}

// -- retention ---

namespace {

std::int64_t retain(domain& d, const auto& plan) {
    for (std::int64_t deleted = 0;;) {
        const auto step = d.read(plan).value();
        if (step.pieces.empty()) return deleted;
        BOOST_REQUIRE(d.write([&](carrel::write_session& s) { return apply_removal(s, step); }).value());
        deleted += step.deleted;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(old_segments_go_by_their_age_and_are_cut_a_day_late) {
    domain d;
    constexpr int day = 86'400;
    d.ingest_lines(lines(0, 100));
    d.ingest_lines(lines(80, 100));
    d.ingest_lines(lines(0, 1) + lines(50 * day, 1));
    const auto by_age = [&](std::int64_t offset) {
        return retain(d,
                      [=](carrel::read_session& s) { return carrel::siem::plan_by_age(s, (begin + offset) * second); });
    };
    BOOST_TEST(by_age(0) == 0);
    BOOST_TEST(by_age(100) == 100);  // the others begin before, and do not end before
    BOOST_TEST(all_of(d).size() == 102);
    BOOST_TEST(by_age(day + 1) == 101);
    BOOST_TEST(all_of(d).size() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_is_made_smaller_late_and_left_alone_early) {
    using carrel::siem::file_space;
    BOOST_TEST(!(file_space{0, 0}.is_too_large(false)));
    BOOST_TEST(!(file_space{4'000, 1'000}.is_too_large(false)));
    BOOST_TEST((file_space{4'000, 1'000}.is_too_large(true)));
    BOOST_TEST((file_space{4'000, 3'000}.is_too_large(false)));
    BOOST_TEST(!(file_space{4'000, 600}.is_too_large(true)));
    BOOST_TEST(!(file_space{1'000'000, 50'000}.is_too_large(false)));
    BOOST_TEST((file_space{1'000'000, 200'000}.is_too_large(false)));
}

BOOST_AUTO_TEST_CASE(the_oldest_segments_go_until_the_rest_fits) {
    domain d;
    for (int i = 9; i >= 0; --i) d.ingest_lines(lines(i * 1000, 1000));
    const auto bytes = [&] {
        return d.count("SELECT sum(length(columns) + length(filter) + length(data)) FROM event_segments");
    };
    const auto by_size = [&](std::int64_t most) {
        return retain(d, [=](carrel::read_session& s) { return carrel::siem::plan_by_size(s, most); });
    };
    const std::int64_t all = bytes();
    BOOST_TEST(by_size(all) == 0);
    const auto expected = all_of(d);
    d.post("/alerts", alert(quoted(id_of(expected.at(5)))));
    const std::int64_t deleted = by_size(all / 2);
    BOOST_TEST(deleted >= 4'999);
    BOOST_TEST(deleted <= 5'999);
    BOOST_TEST(bytes() <= all / 2);
    const auto left = all_of(d);
    BOOST_TEST(left.begin()->first == 5);
    BOOST_TEST(left.rbegin()->first == 9'999);
    BOOST_TEST(by_size(1) > 0);
    BOOST_TEST(all_of(d).size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
