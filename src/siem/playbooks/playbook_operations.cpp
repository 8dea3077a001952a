#include "siem/playbooks/playbook.hpp"

#include "base/utf8.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/playbooks/playbook_checks.hpp"

// What playbooks have beside what all resources have.
namespace carrel::siem {

namespace {

operation switch_operation(bool enabled) {
    const std::string name = enabled ? "enable" : "disable";
    operation made = make_operation(playbooks(), method::post, "/{id}/" + name, name + "_playbook",
                                    enabled ? "Switches a playbook on." : "Switches a playbook off.");
    made.write = [enabled](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        auto before = load(playbooks(), session, request, into);
        if (!before) return before.error();
        record after = *before;
        after.values[playbook_at().enabled] = std::int64_t{enabled};
        return save(playbooks(), session, request, *before, std::move(after), {}, into);
    };
    return made;
}

// -- POST /playbooks/{id}/duplicate ---

// `Contain host (copy)`, `Contain host (copy 2)` …: the first that is not taken, and is not too long.
result<std::string> free_name(read_session& session, const std::string& name) {
    constexpr std::size_t name_max = 200, room = 16;
    std::string base;
    std::size_t count = 0;
    for (std::size_t at = 0; at < name.size() && count < name_max - room; ++count) {
        const auto size = json::first_code_point(std::string_view(name).substr(at)).size;
        base.append(name, at, size);
        at += size;
    }
    for (int number = 1;; ++number) {
        std::string made = base + (number == 1 ? " (copy)" : " (copy " + std::to_string(number) + ")");
        auto taken = session.first_integer(read_sql("SELECT 1 FROM playbooks WHERE name = ?"), made);
        if (!taken) return taken.error();
        if (!*taken) return made;
    }
}

// Like another, switched off.
result<void> duplicate(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto original = load(playbooks(), session, request, into);
    if (!original) return original.error();
    auto name = free_name(session, *original->text(playbook_at().name));
    if (!name) return name.error();
    record row = *original;
    row.values[playbook_at().id] = request.fresh_id;
    row.values[playbook_at().name] = std::move(*name);
    row.values[playbook_at().enabled] = std::int64_t{0};
    row.values[playbooks().version] = std::int64_t{1};
    row.values[playbooks().position("created_at")] = row.values[playbooks().updated_at] = request.now;
    const value by = request.principal.empty() ? value() : value(request.principal);
    row.values[playbooks().position("created_by")] = row.values[playbooks().position("updated_by")] = by;
    if (auto done = add(playbooks(), session, request, row, into); !done) return done;
    into.kind = outcome::created;
    into.version = 1;
    into.location = playbooks().location(request, request.fresh_id);
    append_record(playbooks(), row, into.body);
    return {};
}

operation duplicate_operation() {
    operation made = make_operation(playbooks(), method::post, "/{id}/duplicate", "duplicate_playbook",
                                    "Makes a playbook like another, switched off.");
    made.success = outcome::created;
    made.write = duplicate;
    return made;
}

// -- POST /playbooks/validate ---

struct validation : input {
    std::vector<fault> faults;
    record row;  // if there are none
};

std::optional<problem> check_validation(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<validation>();
    given_members given;
    parsed->faults = read_body(playbooks(), request.body, false, given);
    if (parsed->faults.empty()) parsed->faults = make_record(playbooks(), request, std::move(given), parsed->row);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> validate(const operation&, read_session& session, const call& request, reply& into) {
    const auto& given = static_cast<const validation&>(*request.parsed);
    into.clear();
    std::vector<fault> faults = given.faults;
    if (faults.empty()) {
        auto missing = faults_of_references(session, given.row);
        if (!missing) return missing.error();
        faults = std::move(*missing);
        auto taken = session.first_integer(read_sql("SELECT 1 FROM playbooks WHERE name = ?"),
                                           *given.row.text(playbook_at().name));
        if (!taken) return taken.error();
        if (*taken) faults.push_back({"name", 0, "is taken"});
    }
    json::writer out(into.body);
    out.begin_object().key("valid").boolean(faults.empty()).key("errors").begin_array();
    for (std::size_t i = 0; i < faults.size() && i < faults_max; ++i)
        out.begin_object().key("field").string(faults[i].field).key("detail").string(faults[i].detail).end_object();
    out.end_array().end_object();
    return {};
}

operation validate_operation() {
    operation made = make_operation(playbooks(), method::post, "/validate", "validate_playbook",
                                    "Says what is wrong with a playbook; stores nothing.");
    made.is_about_version = false;
    made.body = body_kind::json;
    made.fields = document(playbooks().fields, false);
    made.reply_schema =
        R"({"type":"object","required":["valid","errors"],"properties":{"valid":{"type":"boolean"},)"
        R"("errors":{"type":"array","items":{"type":"object","required":["field","detail"],"properties":{)"
        R"("field":{"type":"string"},"detail":{"type":"string"}}}}}})";
    made.check = check_validation;
    made.write = nullptr;
    made.read = validate;
    return made;
}

// -- GET /playbooks/stats ---

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    std::int64_t counts[2] = {0, 0};
    using row = std::tuple<std::int64_t, std::int64_t>;
    auto done = session.each<row>(read_sql("SELECT enabled, count(*) FROM playbooks GROUP BY enabled"),
                                  [&](const row& one) { counts[std::get<0>(one) == 0 ? 0 : 1] = std::get<1>(one); });
    if (!done) return done;
    json::writer(into.body)
        .begin_object()
        .key("total")
        .integer(counts[0] + counts[1])
        .key("enabled")
        .integer(counts[1])
        .key("disabled")
        .integer(counts[0])
        .end_object();
    return {};
}

operation stats_operation() {
    operation made = make_operation(playbooks(), method::get, "/stats", "get_playbook_stats",
                                    "How many playbooks there are, and how many are switched on.");
    made.is_about_version = false;
    made.reply_schema = R"({"type":"object","required":["total","enabled","disabled"],"properties":{)"
                        R"("total":{"type":"integer"},"enabled":{"type":"integer"},"disabled":{"type":"integer"}}})";
    made.check = check_address;
    made.read = stats;
    return made;
}

}  // namespace

std::vector<operation> playbook_own_operations() {
    std::vector<operation> all;
    all.push_back(switch_operation(true));
    all.push_back(switch_operation(false));
    all.push_back(duplicate_operation());
    all.push_back(validate_operation());
    all.push_back(stats_operation());
    return all;
}

}  // namespace carrel::siem
