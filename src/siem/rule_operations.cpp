#include "siem/rule_operations.hpp"

#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/content_text.hpp"
#include "siem/rules.hpp"

namespace carrel::siem {

namespace {

result<void> set_enabled(bool enabled, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(rules(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    after.values[rule_at().enabled] = std::int64_t{enabled};
    return save(rules(), session, request, *before, std::move(after), {}, into);
}

operation switch_operation(bool enabled) {
    const std::string name = enabled ? "enable" : "disable";
    operation made = make_operation(rules(), method::post, "/{id}/" + name, name + "_rule",
                                    enabled ? "Switches a rule on." : "Switches a rule off.");
    made.write = [enabled](const operation&, write_session& session, const call& request, reply& into) {
        return set_enabled(enabled, session, request, into);
    };
    return made;
}

// A rule like another, switched off and at the beginning of its life.
result<void> clone(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto original = load(rules(), session, request, into);
    if (!original) return original.error();
    const rule_fields& at = rule_at();
    record row = *original;
    row.values[at.id] = request.fresh_id;
    row.values[rules().version] = std::int64_t{1};
    row.values[rules().position("created_at")] = row.values[rules().updated_at] = request.now;
    const value by = request.principal.empty() ? value() : value(request.principal);
    row.values[rules().position("created_by")] = row.values[rules().position("updated_by")] = by;
    row.values[at.enabled] = row.values[at.lifecycle] = std::int64_t{0};
    for (const std::size_t each : {at.deprecated_at, at.deprecated_reason, at.deprecated_by, at.sunset_at, at.feed_id})
        row.values[each] = value();
    if (auto done = add(rules(), session, request, row, into); !done) return done;
    into.kind = outcome::created;
    into.version = 1;
    into.location = rules().location(request, request.fresh_id);
    append_record(rules(), row, into.body);
    return {};
}

operation clone_operation() {
    operation made = make_operation(rules(), method::post, "/{id}/clone", "clone_rule",
                                    "Makes a rule like another: switched off, experimental.");
    made.success = outcome::created;
    made.write = clone;
    return made;
}

}  // namespace

result<bool> has_sunset_rules(read_session& session, timestamp now) {
    auto found = session.first_integer(
        "SELECT 1 FROM rules WHERE enabled = 1 AND lifecycle = 3 AND sunset_at IS NOT NULL AND sunset_at <= ? LIMIT 1",
        now);
    if (!found) return found.error();
    return found->has_value();
}

result<std::int64_t> sunset_rules(write_session& session, timestamp now) {
    auto due = session.all<std::string>(
        read_sql(
            "SELECT id FROM rules WHERE enabled = 1 AND lifecycle = 3 AND sunset_at IS NOT NULL AND sunset_at <= ? "
            "LIMIT 100"),
        now);
    if (!due) return due.error();
    for (const std::string& id : *due) {
        call about;
        about.path[0] = id;
        about.now = now;
        about.principal = "system";
        reply ignored;
        auto before = load(rules(), session, about, ignored);
        if (!before) return before.error();
        record after = *before;
        after.values[rule_at().enabled] = std::int64_t{0};
        if (auto done = save(rules(), session, about, *before, std::move(after), "its last day has come", ignored);
            !done)
            return done.error();
    }
    return static_cast<std::int64_t>(due->size());
}

std::vector<const resource*> rule_resources() { return {&rules(), &false_positive_reports()}; }

std::vector<operation> rule_operations() {
    std::vector<operation> all = common_operations(rules());
    check_documents_apart(all);
    const auto take = [&](std::vector<operation> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    all.push_back(switch_operation(true));
    all.push_back(switch_operation(false));
    all.push_back(clone_operation());
    take(rule_import_operations());
    all.push_back(rule_export_operation());
    take(rule_performance_operations());
    all.push_back(slow_rules_operation());
    return all;
}

}  // namespace carrel::siem
