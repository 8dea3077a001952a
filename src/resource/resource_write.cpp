#include "resource/problems.hpp"
#include "resource/resource.hpp"
#include "resource/resource_input.hpp"
#include "resource/row_hints.hpp"

namespace carrel::siem {

namespace {

const record_input& input_of(const call& request) { return static_cast<const record_input&>(*request.parsed); }

std::optional<problem> version_problem(const resource& of, const call& request, const record& found) {
    const auto version = of.has_versions() ? found.integer(of.version) : 0;
    if (!of.has_versions() || request.conditions.allow_write(version)) return std::nullopt;
    return problem{problem_code::stale_version, "the version is " + std::to_string(version), {}};
}

record read_record(const resource& of, const statement& row) {
    record found;
    found.row = row.integer(0);
    found.values.resize(of.fields.size());
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const int column = static_cast<int>(i) + 1;
        if (row.type(column) == value_type::integer) found.values[i] = row.integer(column);
        if (row.type(column) == value_type::text) found.values[i] = std::string(row.text(column));
    }
    return found;
}

void answer(const resource& of, const record& row, outcome kind, reply& into) {
    into.kind = kind;
    into.version = of.has_versions() ? row.integer(of.version) : 0;
    append_record(of, row, into.body);
}

result<void> insert(const resource& of, write_session& session, record& row, reply& into) {
    auto prepared = session.prepare(write_sql::dynamic(of.insert));
    if (!prepared) return prepared.error();
    auto done = prepared->bind_borrowed(row.values).run();
    if (!done && done.error() == sqlite_errc::constraint_unique)
        return refuse(into, problem_of(problem_code::conflict, "id", "is taken"));
    if (!done) return done.error();
    row.row = session.last_insert_rowid();
    return {};
}

// The reply that a row of `select_json` makes.
result<void> answer_with(const resource& of, const statement& row, reply& into) {
    if (of.has_versions()) into.version = row.integer(static_cast<int>(of.version));
    append_row(of, row, 0, into.body);
    return {};
}

}  // namespace

result<void> create(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    if (!request.conditions.allow_write(0))
        return refuse(into, {problem_code::stale_version, "what is created has no version to match yet", {}});
    // A copy: the job may run again.
    record row = input_of(request).row;
    if (of.hooks.before_insert != nullptr) {
        auto answered = of.hooks.before_insert(of, session, request, row, into);
        if (!answered) return answered.error();
        if (*answered) return {};
    }
    if (auto done = insert(of, session, row, into); !done) return done;
    if (of.hooks.after_insert != nullptr)
        if (auto done = of.hooks.after_insert(of, session, request, row); !done) return done;
    answer(of, row, outcome::created, into);
    into.location = of.location(*row.text(of.id));
    return {};
}

result<record> load(const resource& of, write_session& session, const call& request, reply& into) {
    auto prepared = session.prepare(read_sql::dynamic(of.select_record));
    if (!prepared) return prepared.error();
    auto found = prepared->bind(request.path[0]).step();
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.name, request.path[0]));
    record row = read_record(of, *prepared);
    if (auto stale = version_problem(of, request, row)) return refuse(into, std::move(*stale));
    return row;
}

result<void> save(const resource& of, write_session& session, const call& request, const record& before, record after,
                  std::string_view note, reply& into) {
    if (after.values == before.values) {
        answer(of, before, outcome::ok, into);
        return {};
    }
    after.values[of.version] = before.integer(of.version) + 1;
    after.values[of.updated_at] = request.now;
    std::vector<value> bound;
    for (const std::size_t i : of.changing) bound.push_back(after.values[i]);
    bound.emplace_back(after.row);
    auto prepared = session.prepare(write_sql::dynamic(of.update));
    if (!prepared) return prepared.error();
    if (auto done = prepared->bind_borrowed(bound).run(); !done) return done;
    if (of.hooks.after_update != nullptr)
        if (auto done = of.hooks.after_update(of, session, request, before, after, note); !done) return done;
    answer(of, after, outcome::ok, into);
    return {};
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
    return save(of, session, request, *before, std::move(after), {}, into);
}

result<void> remove(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    into.clear();
    auto found = load(of, session, request, into);
    if (!found) return found.error();
    if (of.hooks.before_delete != nullptr)
        if (auto done = of.hooks.before_delete(of, session, *found); !done) return done;
    into.kind = outcome::no_content;
    return session.execute(write_sql::dynamic(of.remove), found->row);
}

result<void> get(const operation& what, read_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    const std::string& id = request.path[0];
    into.clear();
    auto& hints = row_hints::of_this_thread();
    const auto key = row_hints::key_of(of.plural, id);
    if (const auto row = hints.find(key)) {
        auto hinted = session.prepare(read_sql::dynamic(of.select_json_at));
        if (!hinted) return hinted.error();
        auto found = hinted->bind(row, id).step();
        if (!found) return found.error();
        if (*found) return answer_with(of, *hinted, into);
    }
    auto prepared = session.prepare(read_sql::dynamic(of.select_json));
    if (!prepared) return prepared.error();
    auto found = prepared->bind(id).step();
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(of.name, id));
    hints.add(key, prepared->integer(static_cast<int>(of.fields.size())));
    return answer_with(of, *prepared, into);
}

}  // namespace carrel::siem
