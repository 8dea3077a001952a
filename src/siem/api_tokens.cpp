#include "siem/accounts.hpp"

#include "access/secret_token.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "resource/resource_input.hpp"

namespace carrel::siem {

namespace {

constexpr std::int64_t tokens_max = 1000;  // of one user

struct token_fields {
    std::size_t scopes, prefix, expires_at, hash;
};
const token_fields& at() {
    static const token_fields found{api_tokens().position("scopes"), api_tokens().position("prefix"),
                                    api_tokens().position("expires_at"), api_tokens().position("hash")};
    return found;
}

permission_set scopes_of(const record& row) {
    const permission_set given = permissions_in(*row.text(at().scopes));
    return given.is_empty() ? permission_set::all() : given;
}

void check(const resource&, const call& request, const record* before, record& row, std::vector<fault>& faults) {
    const auto names = items_of(row.values[at().scopes]);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!access::permission_named(names[i]))
            faults.push_back({"scopes[" + std::to_string(i) + "]", 0, "is no permission"});
    const bool is_new_end = before == nullptr || before->values[at().expires_at] != row.values[at().expires_at];
    if (is_new_end && row.has(at().expires_at) && row.integer(at().expires_at) <= request.now)
        faults.push_back({"expires_at", 0, "must be in the future"});
}

// A token of few rights makes none of more, and one that ends none that goes on.
result<void> require_rights(read_session& session, const call& request, const record& row, reply& into) {
    auto role = session.first<std::string>(read_sql("SELECT role FROM users WHERE id = ?"), request.path[0]);
    if (!role) return role.error();
    auto rights = rights_of_role(session, role->value_or(std::string()));
    if (!rights) return rights.error();
    const permission_set missing = (scopes_of(row) & *rights).without(rights_of(request));
    if (!missing.is_empty()) return refuse_rights(into, "The token would have rights that you do not have.", missing);
    const std::int64_t end = request.who != nullptr && request.who->by == access::credential::token
                                 ? request.who->expires_at
                                 : std::int64_t{0};
    if (end == 0 || (row.has(at().expires_at) && row.integer(at().expires_at) <= end)) return {};
    return refuse(
        into, problem_of(problem_code::forbidden, "expires_at", "must not be after the end of the token that asks"));
}

result<bool> before_insert(const resource&, write_session& session, const call& request, record& row, reply& into) {
    if (auto allowed = require_rights(session, request, row, into); !allowed) return allowed.error();
    auto count = session.first_integer("SELECT count(*) FROM api_tokens WHERE user_id = ?", request.path[0]);
    if (!count) return count.error();
    if (count->value_or(0) >= tokens_max)
        return refuse(into,
                      {problem_code::conflict, "A user has " + std::to_string(tokens_max) + " tokens at most.", {}});
    return false;
}

result<void> before_update(const resource&, write_session& session, const call& request, const record&, record& after,
                           reply& into) {
    return require_rights(session, request, after, into);
}

// The only reply that has the token: behind what its record tells.
void append_token(const access::new_token& made, reply& into) {
    into.body.pop_back();
    into.body.append(",\"token\":");
    json::writer(into.body).string(made.text);
    into.body += '}';
}

void put_secret(const access::new_token& made, record& row) {
    row.values[at().prefix] = std::string(access::prefix_of(access::token_kind::api)) + made.id;
    row.values[at().hash] = made.hash;
}

result<void> create_token(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto owner = find(users(), session, request.path[0]);
    if (!owner) return owner.error();
    if (!*owner) return refuse(into, not_found("user", request.path[0]));
    const access::new_token made = access::make_token(access::token_kind::api);
    record row = static_cast<const record_input&>(*request.parsed).row;
    put_secret(made, row);
    auto refused = before_insert(api_tokens(), session, request, row, into);
    if (!refused) return refused.error();
    if (auto done = add(api_tokens(), session, request, row, into); !done) return done;
    into.kind = outcome::created;
    into.version = 1;
    into.location = api_tokens().location(request, *row.text(api_tokens().id));
    append_record(api_tokens(), row, into.body);
    append_token(made, into);
    return {};
}

result<void> rotate_token(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(api_tokens(), session, request, into);
    if (!before) return before.error();
    if (before->has(at().expires_at) && before->integer(at().expires_at) <= request.now)
        return refuse(into, {problem_code::conflict, "The token has ended: give it another end first.", {}});
    const access::new_token made = access::make_token(access::token_kind::api);
    record after = *before;
    put_secret(made, after);
    if (auto done = save(api_tokens(), session, request, *before, std::move(after), "rotated", into); !done)
        return done;
    append_token(made, into);
    return {};
}

operation rotate_operation() {
    operation made = make_operation(api_tokens(), method::post, "/{id}/rotate", "rotate_api_token",
                                    "Gives a token another secret; the one before is of no use from now on.");
    made.is_secret = true;
    made.write = rotate_token;
    return made;
}

}  // namespace

const resource& api_tokens() {
    using enum field_kind;
    static const resource instance({
        .name = "api_token",
        .plural = "tokens",
        .table = "api_tokens",
        .parent = {.by = users, .field = "user_id"},
        .fields = versioned_fields({
            {.name = "user_id", .from = origin::server},
            {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
            {.name = "scopes",
             .kind = text_list,
             .patchable = true,
             .max = static_cast<std::int64_t>(access::permission_count),
             .item_max = 50,
             .summary = "Permissions; of them the token has those that its user has. None: all that the user has."},
            {.name = "prefix", .from = origin::server, .changes = true, .summary = "How the token's text begins."},
            {.name = "expires_at", .kind = field_kind::time, .patchable = true},
            {.name = "last_used_at", .kind = field_kind::time, .from = origin::server},
            {.name = "addresses",
             .kind = text_list,
             .from = origin::server,
             .summary = "Where it was used from, the first hundred; written down by the minute.",
             .expression = "(SELECT json_group_array(address) FROM token_addresses WHERE token = api_tokens.seq)"},
            {.name = "created_by", .from = origin::creator},
            {.name = "updated_by", .from = origin::changer},
            {.name = "hash", .from = origin::server, .changes = true, .seen = visibility::hidden},
        }),
        .filters = {},
        .sorts = {"created_at", "name"},
        .history = {"name", "scopes", "expires_at", "prefix"},
        .has_bulk = false,  // a secret is shown once, to its caller
        .hooks = {.check = check, .before_update = before_update},
    });
    return instance;
}

std::vector<operation> api_token_operations() {
    std::vector<operation> all = common_operations(api_tokens());
    for (operation& each : all) {
        if (each.id != "create_api_token") continue;
        each.write = create_token;
        each.is_secret = true;
    }
    all.push_back(rotate_operation());
    return owned(std::move(all));
}

}  // namespace carrel::siem
