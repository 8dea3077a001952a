#include "siem/password_change.hpp"

#include "resource/problems.hpp"
#include "siem/accounts.hpp"
#include "siem/login_state.hpp"

namespace carrel::siem {

namespace {

// One user's old passwords, and the one that is wanted: a reader finds them, a thread for hashes compares.
struct change_input : input {
    std::string current, wanted;
    bool must_change = false;
    stored_credentials stored;
    std::vector<std::string> known;  // hashes, that of the current one first
    bool is_current = false, is_known = false;
    std::string hash;
    std::string fault;
    change_input() = default;
    change_input(const change_input& other)
        : input(),
          current(other.current),
          wanted(other.wanted),
          must_change(other.must_change) {}
};

const change_input& input_of(const call& request) { return static_cast<const change_input&>(*request.parsed); }

const std::vector<field>& own_fields() {
    static const std::vector<field> all = {{.name = "current_password", .required = true, .min = 1, .max = 1024},
                                           {.name = "password", .required = true, .min = 1, .max = 1024}};
    return all;
}

const std::vector<field>& reset_fields() {
    static const std::vector<field> all = {{.name = "password", .required = true, .min = 1, .max = 1024},
                                           {.name = "must_change_password", .kind = field_kind::boolean, .initial = 1}};
    return all;
}

std::optional<problem> read_change(call& request, const std::vector<field>& rules) {
    given_members given;
    std::optional<problem> refused;
    if (!read_input(rules, request, given, refused)) return refused;
    auto parsed = std::make_unique<change_input>();
    parsed->must_change = true;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!given[i]) continue;
        if (rules[i].name == "current_password") parsed->current = std::get<std::string>(*given[i]);
        else if (rules[i].name == "password") parsed->wanted = std::get<std::string>(*given[i]);
        else parsed->must_change = std::get<std::int64_t>(*given[i]) != 0;
    }
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> find_passwords(read_session& session, const call& request, std::string_view user_id, reply& into) {
    into.clear();
    auto found = std::make_unique<change_input>(input_of(request));
    auto stored = credentials_of_id(session, user_id);
    if (!stored) return stored.error();
    if (!*stored) return refuse(into, not_found("user", user_id));
    found->stored = std::move(**stored);
    auto known = known_passwords(session, found->stored);
    if (!known) return known.error();
    found->known = std::move(*known);
    into.rest = std::move(found);
    return {};
}

void compute_change(change_input& change, bool needs_current) {
    const auto& settings = accounts_in_force();
    if (needs_current) {
        change.is_current =
            change.stored.password_hash && access::is_password(*change.stored.password_hash, change.current);
        if (!change.is_current) return;
    }
    if (auto why = access::fault_of(settings.passwords, change.stored.username, change.wanted)) {
        change.fault = std::move(*why);
        return;
    }
    for (const std::string& each : change.known)
        if (access::is_password(each, change.wanted)) {
            change.fault = "must not be one of the last passwords";
            return;
        }
    auto hash = access::hash_password(change.wanted, settings.cost);
    if (hash) change.hash = std::move(*hash);
    else change.fault = hash.error().text;
}

// What was compared must still be what is stored.
result<void> write_change(write_session& session, const call& request, bool must_change, std::int64_t kept_session,
                          reply& into) {
    const change_input& change = input_of(request);
    if (!change.fault.empty()) return refuse(into, problem_of(problem_code::invalid, "password", change.fault));
    auto now = credentials_of_id(session, change.stored.id);
    if (!now) return now.error();
    if (!*now || (*now)->password_hash != change.stored.password_hash)
        return refuse(into, {problem_code::conflict, "The password was changed meanwhile.", {}});
    into.kind = outcome::no_content;
    return set_password(session, **now, change.hash, must_change, request.now, kept_session);
}

result<void> change_own(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    const change_input& change = input_of(request);
    if (auto open = require_unlocked(session, change.stored.username, request.now, into); !open) return open;
    if (change.is_current) return write_change(session, request, false, request.who->credential_row, into);
    auto counted = record_failure(session, request, "password_failed", change.stored.username, &change.stored);
    if (!counted) return counted;
    // It counts, so it commits.
    into.refused = problem_of(problem_code::invalid, "current_password", "is wrong");
    return {};
}

result<void> reset(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    if (auto allowed = require_rights_of(session, request, request.path[0], into); !allowed) return allowed;
    return write_change(session, request, input_of(request).must_change, 0, into);
}

}  // namespace

void describe_own_password_change(operation& into, check_function check_caller) {
    into.body = body_kind::json;
    into.fields = document(own_fields(), false);
    into.success = outcome::no_content;
    into.is_secret = true;
    into.is_audited = true;
    into.check = [check_caller = std::move(check_caller)](const operation& what, call& request) {
        auto wrong = check_caller(what, request);
        return wrong ? wrong : read_change(request, own_fields());
    };
    into.read = [](const operation&, read_session& session, const call& request, reply& answer) {
        return find_passwords(session, request, request.who->user_id, answer);
    };
    into.compute = [](const operation&, call& request) {
        compute_change(static_cast<change_input&>(*request.parsed), true);
    };
    into.write = change_own;
}

operation password_reset_operation() {
    operation made = make_operation(users(), method::post, "/{id}/password", "reset_user_password",
                                    "Gives a user another password; the user's sessions end.");
    made.body = body_kind::json;
    made.fields = document(reset_fields(), false);
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.is_about_version = false;
    made.is_secret = true;
    made.check = [](const operation& what, call& request) -> std::optional<problem> {
        if (request.who != nullptr && request.who->user_id == request.path[0])
            return problem{
                problem_code::forbidden, "Your own is changed by POST /auth/password, which asks for it.", {}};
        auto wrong = check_address(what, request);
        return wrong ? wrong : read_change(request, reset_fields());
    };
    made.read = [](const operation&, read_session& session, const call& request, reply& into) {
        return find_passwords(session, request, request.path[0], into);
    };
    made.compute = [](const operation&, call& request) {
        compute_change(static_cast<change_input&>(*request.parsed), false);
    };
    made.write = reset;
    return made;
}

}  // namespace carrel::siem
