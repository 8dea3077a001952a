#include "siem/accounts.hpp"

#include "resource/problems.hpp"
#include "resource/references.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

permission_set permissions_of(const record& row) { return permissions_in(*row.text(roles().position("permissions"))); }

// Nobody makes a role of more rights than their own.
void check(const resource& of, const call& request, const record*, record& row, std::vector<fault>& faults) {
    const auto names = items_of(row.values[of.position("permissions")]);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto known = access::permission_named(names[i]);
        const std::string place = "permissions[" + std::to_string(i) + "]";
        if (!known) faults.push_back({place, 0, "is no permission"});
        else if (!rights_of(request).has(*known)) faults.push_back({place, 0, "is a right that you do not have"});
    }
}

problem built_in_stays() { return {problem_code::conflict, "A built-in role stays as it is.", {}}; }

result<void> before_update(const resource& of, write_session& session, const call& request, const record& before,
                           record& after, reply& into) {
    if (before.integer(of.position("built_in")) != 0) return refuse(into, built_in_stays());
    const permission_set had = permissions_of(before);
    if (!rights_of(request).has_all(had))
        return refuse_rights(into, "The role has rights that you do not have.", had.without(rights_of(request)));
    if (!can_administrate(had) || can_administrate(permissions_of(after))) return {};
    return require_other_administrator(session, "", *before.text(of.id), into);
}

result<void> before_delete(const resource& of, write_session&, const record& row, reply& into) {
    if (row.integer(of.position("built_in")) != 0) return refuse(into, built_in_stays());
    return {};
}

}  // namespace

const resource& roles() {
    static const resource instance({
        .name = "role",
        .plural = "roles",
        .reads = permission::read_users,
        .writes = access::requirement::all_of(permission_set::of({permission::write_users, permission::admin_system})),
        .fields = versioned_fields({
            {.name = "name", .required = true, .patchable = true, .min = 1, .max = 50},
            {.name = "description", .patchable = true, .max = 2000},
            {.name = "permissions",
             .kind = field_kind::text_list,
             .required = true,
             .patchable = true,
             .max = static_cast<std::int64_t>(access::permission_count),
             .item_max = 50},
            {.name = "built_in", .kind = field_kind::boolean, .from = origin::server, .initial = 0},
            {.name = "created_by", .from = origin::creator},
            {.name = "updated_by", .from = origin::changer},
        }),
        .filters = {},
        .sorts = {"created_at"},
        .history = {"name", "permissions"},
        .unique = {{.columns = "roles.name", .field = "name"}},
        .hooks = {.check = check, .before_update = before_update, .before_delete = before_delete},
    });
    return instance;
}

std::vector<operation> role_operations() { return common_operations(roles()); }

}  // namespace carrel::siem
