#include "access/secret_token.hpp"
#include "resource/problems.hpp"
#include "resource/resource_input.hpp"
#include "siem/accounts.hpp"
#include "siem/login.hpp"

// POST /auth/setup: the first administrator, made by who has the link that the server printed once.
namespace carrel::siem {

namespace {

std::string& setup_hash() {
    static std::string one;
    return one;
}

const std::vector<field>& setup_fields() {
    static const std::vector<field> all = {{.name = "token", .required = true, .min = 1, .max = 200},
                                           {.name = "username", .required = true, .min = 3, .max = 50},
                                           {.name = "password", .required = true, .min = 1, .max = 1024}};
    return all;
}

bool is_setup_token(const std::string& text) {
    const auto parts = access::parse_token(text);
    return !setup_hash().empty() && parts && access::same(access::hash_of(parts->secret), setup_hash());
}

std::optional<problem> check_setup(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(setup_fields(), request, given, refused)) return refused;
    if (!is_setup_token(std::get<std::string>(*given[0])))
        return problem{problem_code::forbidden, "The link is not the one that this server gave.", {}};
    given_members user(users().fields.size());
    user[users().position("username")] = std::move(given[1]);
    user[users().position("password")] = std::move(given[2]);
    user[users().position("role")] = value(std::string("admin"));
    auto parsed = std::make_unique<record_input>();
    std::vector<fault> faults = make_record(users(), request, std::move(user), parsed->row);
    if (!faults.empty()) return problem_of(problem_code::invalid, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> set_up(const operation& what, write_session& session, const call& request, reply& into) {
    into.clear();
    auto others = session.first_integer("SELECT EXISTS (SELECT 1 FROM users)");
    if (!others) return others.error();
    if (others->value_or(0) != 0) return refuse(into, {problem_code::conflict, "There are users already.", {}});
    return create(what, session, request, into);
}

}  // namespace

std::string begin_setup() {
    const access::new_token made = access::make_token(access::token_kind::api);
    setup_hash() = made.hash;
    return made.text;
}

operation setup_operation() {
    operation made = auth_operation(users(), method::post, "/auth/setup", "set_up", "Makes the first administrator.");
    made.reply_schema = R"({"$ref":"#/components/schemas/user"})";
    made.body = body_kind::json;
    made.fields = document(setup_fields(), false);
    made.success = outcome::created;
    made.is_secret = true;
    made.is_audited = true;
    made.needs = access::requirement::anyone();
    made.check = check_setup;
    made.compute = hash_new_password;
    made.write = set_up;
    return made;
}

}  // namespace carrel::siem
