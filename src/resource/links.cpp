#include "resource/links.hpp"

#include "resource/listing.hpp"
#include "resource/problems.hpp"

namespace carrel::siem {

namespace {

result<void> require(const resource& of, read_session& session, const std::string& key, reply& into) {
    auto found = find(of, session, key);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.name, key));
    return {};
}

// That it is there, and that its links may change.
result<void> require_right(const link& of, read_session& session, const std::string& key, reply& into) {
    auto found = find(of.right(), session, key);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.right().name, key));
    return of.require == nullptr ? result<void>() : of.require(session, **found, into);
}

result<void> put(const link& of, write_session& session, const call& request, reply& into) {
    into.clear();
    if (auto found = require(of.left(), session, request.path[0], into); !found) return found;
    if (auto allowed = require_right(of, session, request.path[1], into); !allowed) return allowed;
    into.kind = outcome::no_content;
    return connect(of, session, request, request.path[0], request.path[1]);
}

result<void> cut(const link& of, write_session& session, const call& request, reply& into) {
    into.clear();
    if (auto allowed = require_right(of, session, request.path[1], into); !allowed) return allowed;
    const std::string table(of.table);
    const auto before = session.changes();
    auto done = session.execute(write_sql::dynamic("DELETE FROM " + table + " WHERE left_id = ? AND right_id = ?"),
                                request.path[0], request.path[1]);
    if (!done) return done;
    if (session.changes() == before) return refuse(into, not_found(of.right().name, request.path[1]));
    into.kind = outcome::no_content;
    return {};
}

}  // namespace

operation linked_list(const resource& of, const resource& with, const std::string& path, std::string condition,
                      std::string id) {
    operation made = list_operation(of);
    made.path = path;
    made.id = std::move(id);
    made.summary = "Lists the " + noun_of(of) + " linked with one of " + noun_of(with) + ".";
    made.check = [&of, condition](const operation& what, call& request) {
        const narrowing own{condition, request.path[0]};
        return check_narrowed_list(of, what, request, &own);
    };
    made.read = [&with](const operation& what, read_session& session, const call& request, reply& into) {
        into.clear();
        if (auto found = require(with, session, request.path[0], into); !found) return found;
        return list(what, session, request, into);
    };
    return made;
}

result<void> connect(const link& of, write_session& session, const call& request, std::string_view left,
                     std::string_view right) {
    const auto by = request.principal.empty() ? std::nullopt : std::optional<std::string_view>(request.principal);
    return session.execute(write_sql::dynamic("INSERT OR IGNORE INTO " + std::string(of.table) +
                                              "(left_id, right_id, linked_at, linked_by) VALUES (?, ?, ?, ?)"),
                           left, right, request.now, by);
}

std::vector<operation> link_operations(const link& of) {
    const resource &left = of.left(), &right = of.right();
    const std::string left_name(of.left_name.empty() ? left.plural : of.left_name);
    const std::string right_name(of.right_name.empty() ? right.plural : of.right_name);
    const std::string table(of.table);
    const std::string pair = std::string(left.name) + "_" + std::string(right.name);
    const std::string other = "{" + std::string(right.name) + "_id}";

    operation adding = make_operation(left, method::put, "/{id}/" + right_name + "/" + other, "link_" + pair,
                                      "Links it with one of " + right_name + ".");
    adding.is_about_version = false;
    adding.reply_schema.clear();
    adding.success = outcome::no_content;
    adding.write = [&of](const operation&, write_session& session, const call& request, reply& into) {
        return put(of, session, request, into);
    };
    operation removing =
        make_operation(left, method::del, "/{id}/" + right_name + "/" + other, "unlink_" + pair, "Takes a link away.");
    removing.is_about_version = false;
    removing.reply_schema.clear();
    removing.success = outcome::no_content;
    removing.write = [&of](const operation&, write_session& session, const call& request, reply& into) {
        return cut(of, session, request, into);
    };
    const auto key = [](const resource& one) { return one.fields[one.id].column_name(); };
    std::vector<operation> all;
    all.push_back(std::move(adding));
    all.push_back(std::move(removing));
    all.push_back(linked_list(right, left, "/" + std::string(left.plural) + "/{id}/" + right_name,
                              key(right) + " IN (SELECT right_id FROM " + table + " WHERE left_id = ?)",
                              "list_" + pair + "_links"));
    all.push_back(linked_list(left, right, "/" + std::string(right.plural) + "/{id}/" + left_name,
                              key(left) + " IN (SELECT left_id FROM " + table + " WHERE right_id = ?)",
                              "list_" + std::string(right.name) + "_" + std::string(left.name) + "_links"));
    return all;
}

}  // namespace carrel::siem
