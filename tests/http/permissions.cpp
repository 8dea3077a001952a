#include "http/fixture.hpp"
#include "http/routing/endpoints.hpp"
#include "http/signed_in.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

// Who may do what, as cases/permissions.txt writes it down: a line an operation, with the roles that may. The file is kept by hand,
// so that a slip in the table that the operations are made from is seen here.
using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::array<std::string_view, 4> role_names = {"viewer", "analyst", "engineer", "admin"};

const char* verb_of(siem::method each) {
    switch (each) {
        case siem::method::get: return "GET";
        case siem::method::post: return "POST";
        case siem::method::put: return "PUT";
        case siem::method::patch: return "PATCH";
        case siem::method::del: return "DELETE";
    }
    return "";
}

std::string name_of(const http::endpoint& each) { return std::string(verb_of(each.method)) + " " + each.path; }

// `anyone`, `signed_in`, or the roles.
std::map<std::string, std::set<std::string>> written_down() {
    std::map<std::string, std::set<std::string>> all;
    std::ifstream file(std::string(CARREL_HTTP_CASES) + "/permissions.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string verb, path, who;
        words >> verb >> path;
        auto& set = all[verb + " " + path];
        while (words >> who) set.insert(who);
    }
    return all;
}

// A path with something in each place.
std::string target_of(const http::endpoint& each) {
    std::string made;
    for (std::size_t at = 0; at < each.path.size(); ++at) {
        if (each.path[at] != '{') {
            made += each.path[at];
            continue;
        }
        made += "nothing";
        at = each.path.find('}', at);
    }
    return made;
}

// One operation, requested in one way after another on one connection.
struct asker {
    running_server& server;
    const http::endpoint& what;

    wire_reply ask(const std::string& fields) const {
        const bool has_body = what.takes_body();
        const std::string type = has_body ? std::string("Content-Type: ") +
                                                (what.takes_file() ? "application/yaml" : "application/json") + "\r\n"
                                          : std::string();
        return server.ask(verb_of(what.method), target_of(what), has_body ? "{}" : "", fields + type);
    }
    bool is_write() const { return what.method != siem::method::get; }
};

// Other programs' protocols have refusals of their own; none of what is requested here is 403 for another reason.
bool is_let_in(const wire_reply& reply) { return reply.status != 401 && reply.status != 403; }

std::atomic<std::int64_t> clock_offset{0};

void set_up(http::server_options& options) {
    options.limits.login_rate = 0;
    options.clock = [] {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::microseconds>(now).count() + clock_offset.load();
    };
}

// A user of each role, and everything that must not let anybody in.
struct people {
    people() { use_cheap_passwords(); }
    ~people() { clock_offset = 0; }

    running_server server{set_up};
    std::string root_id = add_user(server, "root", "admin");
    browser root = log_in(server, "root");
    std::map<std::string_view, browser> of_role = [this] {
        std::map<std::string_view, browser> made;
        for (const std::string_view role : role_names) {
            add_user(server, "a-" + std::string(role), role, root.fields());
            made[role] = log_in(server, "a-" + std::string(role));
        }
        return made;
    }();

    std::string revoked() {
        const std::string text = add_token(server, root_id, root.fields());
        const auto list = server.get("/api/v1/users/me/tokens", root.fields()).json();
        for (const auto& each : list.at("items").as_array())
            server.ask("DELETE", "/api/v1/users/me/tokens/" + std::string(each.at("id").as_string()), {},
                       root.fields());
        return text;
    }
    browser disabled() {
        const std::string id = add_user(server, "gone", "admin", root.fields());
        const browser made = log_in(server, "gone");
        server.ask("PATCH", "/api/v1/users/" + id, R"({"active":false})",
                   root.fields() + "Content-Type: application/json\r\n");
        return made;
    }
    // A session of a user whom wrong passwords have locked goes on; no new one begins.
    browser locked() {
        add_user(server, "locked", "admin", root.fields());
        const browser made = log_in(server, "locked");
        for (int i = 0; i < 5; ++i) server.post("/api/v1/auth/login", login_body("locked", "Wrong-horse-1"));
        return made;
    }
    browser must_change() {
        add_user(server, "fresh", "admin", root.fields(), R"(,"must_change_password":true)");
        return log_in(server, "fresh");
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(permissions)

BOOST_AUTO_TEST_CASE(every_operation_names_who_may_run_it) {
    for (const auto& each : siem::operations()) BOOST_TEST(each.needs.is_said(), each.id);
    for (const auto& each : http::all_endpoints()) BOOST_TEST(each.needs.is_said(), name_of(each));
}

BOOST_AUTO_TEST_CASE(the_table_of_who_may_what_names_every_operation_and_no_other) {
    auto table = written_down();
    for (const auto& each : http::all_endpoints()) BOOST_TEST(table.erase(name_of(each)) == 1, name_of(each));
    for (const auto& [name, who] : table) BOOST_TEST(false, name << " is no operation");
}

BOOST_FIXTURE_TEST_CASE(each_role_may_what_the_table_says_and_no_more, people) {
    const auto table = written_down();
    int cells = 0;
    for (const auto& each : http::all_endpoints()) {
        const auto& who = table.at(name_of(each));
        const bool ends_session = each.id == "log_out";
        for (const std::string_view role : role_names) {
            const auto reply = asker{server, each}.ask(of_role[role].fields());
            const bool may = who.contains("anyone") || who.contains("signed_in") || who.contains(std::string(role));
            // What belongs to others is refused to those who may only write their own.
            const bool is_others =
                who.contains("signed_in") && each.path.find("/users/{id}/") != std::string::npos && role != "admin";
            BOOST_TEST(is_let_in(reply) == (may && !is_others), name_of(each) << " " << role << " " << reply.status);
            ++cells;
            if (ends_session) of_role[role] = log_in(server, "a-" + std::string(role));
        }
    }
    BOOST_TEST_MESSAGE(cells << " cells of roles");
    BOOST_TEST(cells > 500);
}

BOOST_FIXTURE_TEST_CASE(nothing_lets_in_that_is_not_or_no_longer_a_credential, people) {
    const auto table = written_down();
    const auto revoked_text = revoked();
    const std::string never = add_token(server, root_id, root.fields());
    std::string broken = never;
    broken[20] = broken[20] == 'x' ? 'y' : 'x';
    constexpr auto scope = access::permission_set::of({access::permission::read_listeners});
    const std::string scoped = add_token(server, root_id, root.fields(), R"(,"scopes":["read:listeners"])");
    const auto gone = disabled();
    const auto changing = must_change();
    const auto behind_lock = locked();
    // What ends in an hour, two hours later.
    const browser idle = log_in(server, "root");
    clock_offset = 2 * 3'600'000'000LL;
    const browser later = log_in(server, "root");

    int cells = 0;
    for (const auto& each : http::all_endpoints()) {
        const asker one{server, each};
        const auto& who = table.at(name_of(each));
        if (who.contains("anyone")) continue;
        const auto refused = [&](const std::string& fields, int status, std::string_view why) {
            const auto reply = one.ask(fields);
            BOOST_TEST(reply.status == status, name_of(each) << " " << why << " " << reply.status);
            if (status == 401) BOOST_TEST(reply.has("www-authenticate"));
            ++cells;
        };
        refused("", 401, "without anything");
        refused(bearer(broken), 401, "with a changed token");
        refused(bearer(revoked_text), 401, "with a revoked token");
        refused("Cookie: carrel_session=" + never + "\r\n", 401, "with a token as a session");
        refused(bearer(later.cookie.substr(later.cookie.find('=') + 1)), 401, "with a session as a token");
        refused(gone.fields(), 401, "as a user who was disabled");
        refused(idle.fields(), 401, "with a session that was idle");
        if (!each.needs.is_met_by(scope)) refused(bearer(scoped), 403, "with a token of another scope");
        if (one.is_write()) refused(later.without_csrf(), 403, "with a session's cookie alone");
        if (each.path.find("/auth/") == std::string::npos) refused(changing.fields(), 401, "with an idle session");
    }
    BOOST_TEST_MESSAGE(cells << " cells of credentials");
    BOOST_TEST(cells > 1000);
    clock_offset = 0;
    const browser fresh = log_in(server, "fresh");
    BOOST_TEST(server.get("/api/v1/alerts", fresh.fields()).problem() == "password_change_required");
    BOOST_TEST(server.get("/api/v1/alerts", behind_lock.fields()).status == 200);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("locked", admin_password)).status == 423);
}

BOOST_FIXTURE_TEST_CASE(a_token_ends_at_its_time, people) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    std::string at;
    siem::append_time(at, std::chrono::microseconds(now + std::chrono::hours(1)).count());
    const std::string text = add_token(server, root_id, root.fields(), ",\"expires_at\":\"" + at + "\"");
    raw_client client(server.port());
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, bearer(text)).status == 200);
    clock_offset = 3'601'000'000LL;
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, bearer(text)).status == 401);
    BOOST_TEST(server
                   .post("/api/v1/users/me/tokens", R"({"name":"t","expires_at":"2020-01-01T00:00:00Z"})",
                         log_in(server, "root").fields())
                   .status == 422);
}

BOOST_FIXTURE_TEST_CASE(a_session_ends_after_its_longest_time_however_it_is_used, people) {
    const browser busy = log_in(server, "root");
    for (int half_hours = 1; half_hours < 48; ++half_hours) {
        clock_offset = half_hours * 1'800'000'000LL;
        BOOST_TEST(server.get("/api/v1/alerts", busy.fields()).status == 200);
    }
    clock_offset = 48 * 1'800'000'000LL;
    BOOST_TEST(server.get("/api/v1/alerts", busy.fields()).status == 401);
}

BOOST_AUTO_TEST_SUITE_END()
