#include "resource/history.hpp"
#include "resource/parents.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "resource/resource.hpp"
#include "resource/resource_input.hpp"
#include "resource/row_hints.hpp"
#include "resource/versions.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

const record_input& input_of(const call& request) { return static_cast<const record_input&>(*request.parsed); }

std::optional<problem> version_problem(const resource& of, const call& request, const record& found) {
    const auto version = of.has_versions() ? found.integer(of.version) : 0;
    if (!of.has_versions() || request.conditions.allow_write(version)) return std::nullopt;
    return problem{problem_code::stale_version, "the version is " + std::to_string(version), {}};
}

// The reply that a row of `select_json` makes.
void answer_with(const resource& of, const statement& row, reply& into) {
    if (of.has_versions()) {
        for (std::size_t i = 0; i < of.shown.size(); ++i)
            if (of.shown[i].field == of.version) into.version = row.integer(static_cast<int>(i));
    }
    append_row(of, row, 0, into.body);
}

void bind_key(const resource& of, const call& request, statement& into, std::optional<std::int64_t> row) {
    const std::string& key = of.key_of(request);
    if (row && of.owner != resource::absent) into.bind(*row, key, request.path[0]);
    else if (row) into.bind(*row, key);
    else if (of.owner != resource::absent) into.bind(key, request.path[0]);
    else into.bind(key);
}

// What SQL makes of a record is computed by SQL.
result<void> answer(const resource& of, write_session& session, const record& row, outcome kind, reply& into) {
    into.kind = kind;
    if (of.is_computed) {
        auto again = session.prepare(
            read_sql::dynamic("SELECT " + of.columns + " FROM " + std::string(of.table) + " WHERE seq = ?"));
        if (!again) return again.error();
        auto found = again->bind(row.row).step();
        if (!found) return found.error();
        answer_with(of, *again, into);
        return {};
    }
    into.version = of.has_versions() ? row.integer(of.version) : 0;
    append_record(of, row, into.body);
    return {};
}

// Which rule a unique index stood for: SQLite names its columns.
problem taken(const resource& of, const error& failure) {
    for (const unique_rule& each : of.unique)
        if (failure.diagnostic().find(each.columns) != std::string::npos)
            return problem_of(problem_code::conflict, std::string(each.field), std::string(each.detail));
    return problem_of(problem_code::conflict, std::string(of.key), "is taken");
}

std::optional<problem> conflict_of(const resource& of, const error& failure) {
    if (failure == sqlite_errc::constraint_unique || failure == sqlite_errc::constraint_primary_key)
        return taken(of, failure);
    return std::nullopt;
}

result<void> run(const resource& of, write_session& session, const std::string& sql, std::span<const value> values,
                 reply& into) {
    auto prepared = session.prepare(write_sql::dynamic(sql));
    if (!prepared) return prepared.error();
    auto done = prepared->bind_borrowed(values).run();
    if (done) return done;
    if (auto conflict = conflict_of(of, done.error())) return refuse(into, std::move(*conflict));
    return done;
}

std::string searched_text(const resource& of, const record& row) {
    std::string all;
    for (const std::string_view name : of.text) {
        if (!all.empty()) all += ' ';
        if (const auto* text = row.text(of.position(name))) all += *text;
    }
    return all;
}

result<void> index_inserted(const resource& of, write_session& session, const record& row) {
    if (!of.index) return {};
    auto rows = of.index->inserted(session, row.row);
    if (!rows) return rows.error();
    if (of.hooks.indexed == nullptr) return {};
    return of.hooks.indexed(of, session, *rows);
}

result<void> index_changed(const resource& of, write_session& session, const record& before, const record& after) {
    if (!of.index) return {};
    const std::string was = searched_text(of, before), is = searched_text(of, after);
    if (was == is) return {};
    if (auto done = of.index->remove(session, before.row, was); !done) return done;
    return of.index->add(session, before.row, is);
}

void stamp(const resource& of, const call& request, const record& before, record& after) {
    if (of.has_versions()) after.values[of.version] = before.integer(of.version) + 1;
    if (of.updated_at != resource::absent) after.values[of.updated_at] = request.now;
    for (std::size_t i = 0; i < of.fields.size(); ++i)
        if (of.fields[i].from == origin::changer)
            after.values[i] = request.principal.empty() ? value() : value(request.principal);
}

result<void> write_change(const resource& of, write_session& session, const record& after, reply& into) {
    std::vector<value> bound;
    for (const std::size_t i : of.changing) bound.push_back(after.values[i]);
    bound.emplace_back(after.row);
    return run(of, session, of.update, bound, into);
}

std::string clause_of_key(const resource& of) { return of.select_record.substr(0, of.select_record.rfind(" WHERE ")); }

}  // namespace

result<void> require_parent(const resource& of, read_session& session, const call& request, reply& into) {
    if (of.owner == resource::absent) return {};
    const resource& parent = of.parent.by();
    auto found = find(parent, session, request.path[0]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(parent.name, request.path[0]));
    return {};
}

record read_record(const resource& of, const statement& row, int first) {
    record found;
    found.values.resize(of.fields.size());
    for (const std::size_t i : of.stored) {
        switch (row.type(first)) {
            case value_type::integer: found.values[i] = row.integer(first); break;
            case value_type::real: found.values[i] = row.real(first); break;
            case value_type::text: found.values[i] = std::string(row.text(first)); break;
            default: break;
        }
        ++first;
    }
    return found;
}

result<std::optional<record>> find(const resource& of, read_session& session, std::string_view key) {
    auto prepared =
        session.prepare(read_sql::dynamic(clause_of_key(of) + " WHERE " + of.fields[of.id].column_name() + " = ?"));
    if (!prepared) return prepared.error();
    auto found = prepared->bind(key).step();
    if (!found) return found.error();
    if (!*found) return std::optional<record>();
    record row = read_record(of, *prepared, 1);
    row.row = prepared->integer(0);
    return std::optional<record>(std::move(row));
}

result<record> load(const resource& of, read_session& session, const call& request, reply& into) {
    auto prepared = session.prepare(read_sql::dynamic(of.select_record));
    if (!prepared) return prepared.error();
    bind_key(of, request, *prepared, std::nullopt);
    auto found = prepared->step();
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.name, of.key_of(request)));
    record row = read_record(of, *prepared, 1);
    row.row = prepared->integer(0);
    if (auto stale = version_problem(of, request, row)) return refuse(into, std::move(*stale));
    return row;
}

result<void> add(const resource& of, write_session& session, const call& request, record& row, reply& into) {
    if (auto done = require_references(of, session, nullptr, row, into); !done) return done;
    // Most have a column for each field, and nothing is copied.
    std::vector<value> chosen;
    if (of.is_computed)
        for (const std::size_t i : of.stored) chosen.push_back(row.values[i]);
    if (auto done = run(of, session, of.insert, of.is_computed ? chosen : row.values, into); !done) return done;
    row.row = session.last_insert_rowid();
    if (auto done = write_items(of, session, nullptr, row); !done) return done;
    if (of.hooks.after_insert != nullptr)
        if (auto done = of.hooks.after_insert(of, session, request, row); !done) return done;
    return index_inserted(of, session, row);
}

result<void> create(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    if (!request.conditions.allow_write(0))
        return refuse(into, {problem_code::stale_version, "what is created has no version to match yet", {}});
    if (auto found = require_parent(of, session, request, into); !found) return found;
    // A copy: the job may run again.
    record row = input_of(request).row;
    if (of.hooks.before_insert != nullptr) {
        auto answered = of.hooks.before_insert(of, session, request, row, into);
        if (!answered) return answered.error();
        if (*answered) return {};
    }
    if (auto done = add(of, session, request, row, into); !done) return done;
    into.location = of.location(request, *row.text(of.id));
    return answer(of, session, row, outcome::created, into);
}

result<void> save(const resource& of, write_session& session, const call& request, const record& before, record after,
                  std::string_view note, reply& into) {
    if (after.values == before.values) return answer(of, session, before, outcome::ok, into);
    if (auto done = require_references(of, session, &before, after, into); !done) return done;
    stamp(of, request, before, after);
    if (of.hooks.before_update != nullptr)
        if (auto done = of.hooks.before_update(of, session, request, before, after, into); !done) return done;
    if (auto done = keep_version(of, session, before); !done) return done;
    if (auto done = write_change(of, session, after, into); !done) return done;
    if (auto done = write_items(of, session, &before, after); !done) return done;
    if (auto done = keep_history(of, session, request, before, after, note); !done) return done;
    if (of.hooks.after_update != nullptr)
        if (auto done = of.hooks.after_update(of, session, request, before, after, note); !done) return done;
    if (auto done = index_changed(of, session, before, after); !done) return done;
    return answer(of, session, after, outcome::ok, into);
}

result<void> patch(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    auto before = load(of, session, request, into);
    if (!before) return before.error();
    record after = *before;
    const auto& given = input_of(request).given;
    for (std::size_t i = 0; i < given.size(); ++i)
        if (given[i]) after.values[i] = *given[i];
    std::vector<fault> faults;
    if (of.hooks.check != nullptr) of.hooks.check(of, request, &*before, after, faults);
    if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
    return save(of, session, request, *before, std::move(after), {}, into);
}

result<void> replace(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    auto before = load(of, session, request, into);
    if (!before) return before.error();
    record after = *before;
    const record& given = input_of(request).row;
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const field& rules = of.fields[i];
        const bool is_clients = rules.patchable || (rules.seen == visibility::hidden && given.has(i));
        // A secret that is not given again stays: nobody can read it to send it back.
        if (is_clients && !(rules.seen == visibility::write_only && !given.has(i))) after.values[i] = given.values[i];
    }
    std::vector<fault> faults;
    if (of.hooks.check != nullptr) of.hooks.check(of, request, &*before, after, faults);
    if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
    return save(of, session, request, *before, std::move(after), {}, into);
}

result<void> drop(const resource& of, write_session& session, const record& row, reply& into) {
    if (of.hooks.before_delete != nullptr)
        if (auto done = of.hooks.before_delete(of, session, row, into); !done) return done;
    if (of.index)
        if (auto done = of.index->remove(session, row.row, searched_text(of, row)); !done) return done;
    if (auto done = drop_items(of, session, row); !done) return done;
    if (auto done = drop_history(of, session, row); !done) return done;
    if (auto done = drop_versions(of, session, row); !done) return done;
    auto done = session.execute(write_sql::dynamic(of.remove), row.row);
    if (!done &&
        (done.error() == sqlite_errc::constraint_foreign_key || done.error() == sqlite_errc::constraint_trigger))
        return refuse(into, {problem_code::conflict, "others still refer to it", {}});
    return done;
}

result<void> remove(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    auto found = load(of, session, request, into);
    if (!found) return found.error();
    into.kind = outcome::no_content;
    return drop(of, session, *found, into);
}

result<void> get(const operation& what, read_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    const std::string& id = of.key_of(request);
    into.clear();
    auto& hints = row_hints::of_this_thread();
    const auto key = row_hints::key_of(of.plural, id);
    if (const auto row = hints.find(key)) {
        auto hinted = session.prepare(read_sql::dynamic(of.select_json_at));
        if (!hinted) return hinted.error();
        bind_key(of, request, *hinted, row);
        auto found = hinted->step();
        if (!found) return found.error();
        if (*found) {
            answer_with(of, *hinted, into);
            return {};
        }
    }
    auto prepared = session.prepare(read_sql::dynamic(of.select_json));
    if (!prepared) return prepared.error();
    bind_key(of, request, *prepared, std::nullopt);
    auto found = prepared->step();
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.name, id));
    hints.add(key, prepared->integer(static_cast<int>(of.shown.size())));
    answer_with(of, *prepared, into);
    return {};
}

}  // namespace carrel::siem
