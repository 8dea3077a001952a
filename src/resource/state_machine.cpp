#include "resource/state_machine.hpp"

#include "resource/history.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t note_max = 10'000;

struct move_input : input {
    std::int64_t to = 0;
    std::string note;
    given_members more;
};

std::vector<field> body_of(const resource& of, const state_machine& by) {
    std::vector<field> all = {{.name = by.to,
                               .kind = field_kind::enumeration,
                               .required = true,
                               .values = of.fields[of.position(by.field)].values},
                              {.name = by.note, .max = note_max}};
    all.insert(all.end(), by.more.begin(), by.more.end());
    return all;
}

std::optional<problem> check_move(const operation& what, call& request, const std::vector<field>& body) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(body, request, given, refused)) return refused;
    auto parsed = std::make_unique<move_input>();
    parsed->to = std::get<std::int64_t>(*given[0]);
    if (given[1])
        if (const auto* note = std::get_if<std::string>(&*given[1])) parsed->note = *note;
    parsed->more.assign(given.begin() + 2, given.end());
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> run_move(const resource& of, const state_machine& by, write_session& session, const call& request,
                      reply& into) {
    const auto& input = static_cast<const move_input&>(*request.parsed);
    into.clear();
    auto before = load(of, session, request, into);
    if (!before) return before.error();
    record after = *before;
    for (std::size_t i = 0; i < by.more.size(); ++i)
        if (input.more[i]) after.values[of.position(by.more[i].name)] = *input.more[i];
    return move(of, by, session, request, *before, input.to, std::move(after), input.note, into);
}

}  // namespace

bool is_allowed(std::span<const edge> edges, std::int64_t from, std::int64_t to) noexcept {
    return std::any_of(edges.begin(), edges.end(),
                       [&](const edge& each) { return each.from == from && each.to == to; });
}

std::string allowed_after(std::span<const edge> edges, std::span<const std::string_view> names, std::int64_t from) {
    std::string list;
    for (const edge& each : edges) {
        if (each.from != from) continue;
        if (!list.empty()) list += ", ";
        list += names[static_cast<std::size_t>(each.to)];
    }
    return list.empty() ? "nothing" : list;
}

result<void> move(const resource& of, const state_machine& by, write_session& session, const call& request,
                  const record& before, std::int64_t to, record after, std::string_view note, reply& into) {
    const std::size_t place = of.position(by.field);
    const auto names = of.fields[place].values;
    const std::int64_t from = before.integer(place);
    if (!is_allowed(by.edges, from, to))
        return refuse(into, {problem_code::illegal_transition,
                             std::string(names[static_cast<std::size_t>(from)]) + " cannot become " +
                                 std::string(names[static_cast<std::size_t>(to)]) +
                                 "; allowed: " + allowed_after(by.edges, names, from),
                             {}});
    after.values[place] = to;
    std::vector<fault> faults;
    if (by.enter != nullptr) by.enter(of, request, before, after, note, faults);
    if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
    return save(of, session, request, before, std::move(after), note, into);
}

std::vector<operation> machine_operations(const resource& of, const state_machine& by) {
    const std::string name(of.name), path(by.path);
    operation change = make_operation(of, method::post, "/{id}/" + path, "change_" + name + "_" + path,
                                      "Changes its " + std::string(by.field) + ".");
    change.body = body_kind::json;
    if (by.needs.is_said()) change.needs = by.needs;
    std::vector<field> body = body_of(of, by);
    change.fields = document(body, false);
    change.check = [body = std::move(body)](const operation& what, call& request) {
        return check_move(what, request, body);
    };
    change.write = [&of, &by](const operation&, write_session& session, const call& request, reply& into) {
        return run_move(of, by, session, request, into);
    };
    std::vector<operation> all;
    all.push_back(std::move(change));
    if (by.has_trail) all.push_back(history_operation(of, by.path, by.field));
    return all;
}

}  // namespace carrel::siem
