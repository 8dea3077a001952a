#include "siem/accounts.hpp"

namespace carrel::siem {

namespace {

result<void> revoke_all(const operation&, write_session& session, const call& request, reply& into) {
    into.kind = outcome::no_content;
    const std::int64_t own =
        request.who != nullptr && request.who->by == access::credential::session ? request.who->credential_row : 0;
    return session.execute("DELETE FROM sessions WHERE user_id = ? AND seq <> ?", request.path[0], own);
}

}  // namespace

const resource& sessions() {
    using enum field_kind;
    static const resource instance({
        .name = "session",
        .plural = "sessions",
        .parent = {.by = users, .field = "user_id"},
        .fields =
            {
                {.name = "id", .from = origin::fresh_id},
                {.name = "created_at", .kind = field_kind::time, .from = origin::now},
                {.name = "user_id", .from = origin::server},
                {.name = "last_used_at",
                 .kind = field_kind::time,
                 .from = origin::server,
                 .summary = "Written down once a minute."},
                {.name = "expires_at", .kind = field_kind::time, .from = origin::server},
                {.name = "address", .from = origin::server},
                {.name = "hash", .from = origin::server, .seen = visibility::hidden},
            },
        .filters = {},
        .sorts = {"created_at"},
    });
    return instance;
}

std::vector<operation> session_operations() {
    operation removal = make_operation(sessions(), method::del, "/{id}", "delete_session", "Ends a session.");
    removal.reply_schema.clear();
    removal.success = outcome::no_content;
    removal.write = remove;
    operation others = make_operation(sessions(), method::del, "", "delete_sessions",
                                      "Ends all sessions but the one that asks for it.");
    others.reply_schema.clear();
    others.success = outcome::no_content;
    others.is_about_version = false;
    others.write = revoke_all;
    std::vector<operation> all{get_operation(sessions()), list_operation(sessions()), count_operation(sessions()),
                               std::move(removal), std::move(others)};
    return owned(std::move(all));
}

}  // namespace carrel::siem
