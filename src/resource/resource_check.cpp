#include "base/uuid.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "resource/resource.hpp"
#include "resource/resource_input.hpp"
#include "resource/row_hints.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

bool is_known(const operation& what, std::string_view parameter) {
    return std::any_of(what.parameters.begin(), what.parameters.end(),
                       [&](const field_doc& each) { return each.name == parameter; });
}

// What stands where an id does in a path would hide the resource.
bool is_reserved(std::string_view id) { return id == "count" || id == "stats"; }

// One member of a body against the rule of its name.
std::optional<fault> read_member(std::span<const field> rules, std::string_view name, const boost::json::value& given,
                                 std::vector<std::optional<value>>& values) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const field& each) { return each.name == name; });
    if (rule == rules.end()) return fault{quoted(name), 0, "is an unknown field"};
    auto& into = values[static_cast<std::size_t>(rule - rules.begin())];
    into.emplace();
    // In a merge patch null takes a member away, in a new resource it says that there is none.
    if (given.is_null()) {
        if (rule->required) return fault{std::string(name), 0, "is required"};
        into = initial_value(*rule);
        return std::nullopt;
    }
    return read_field(*rule, given, *into);
}

// Members that the server alone gives are known, but not taken.
std::vector<fault> refuse_members(const resource& of, const std::vector<std::optional<value>>& values, bool for_patch) {
    std::vector<fault> faults;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const field& rules = of.fields[i];
        const bool settable = rules.from == origin::client || rules.from == origin::fresh_id;
        if (!values[i] || (for_patch ? rules.patchable : settable)) continue;
        const bool can_be_given = for_patch && settable;
        faults.push_back({std::string(rules.name), 0, can_be_given ? "cannot be changed" : "is set by the server"});
    }
    return faults;
}

std::vector<fault> members_of(const resource& of, const call& request, bool for_patch, record_input& into) {
    std::vector<fault> faults = read_members(of.fields, request.body, into.given);
    // What is wrong with the value of a member that is not taken at all would only mislead.
    const std::vector<fault> refused = refuse_members(of, into.given, for_patch);
    std::erase_if(faults, [&](const fault& one) {
        return std::any_of(refused.begin(), refused.end(),
                           [&](const fault& other) { return other.field == one.field; });
    });
    faults.insert(faults.end(), refused.begin(), refused.end());
    return faults;
}

void require(const resource& of, const record_input& given, std::vector<fault>& faults) {
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const bool client_gives_it = of.fields[i].from == origin::client;
        if (client_gives_it && of.fields[i].required && !given.given[i])
            faults.push_back({std::string(of.fields[i].name), 0, "is required"});
    }
}

std::vector<value> complete(const resource& of, const call& request, record_input& parsed) {
    std::vector<value> values(of.fields.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const field& rules = of.fields[i];
        const bool is_null = !parsed.given[i] || std::holds_alternative<std::monostate>(*parsed.given[i]);
        if (rules.from == origin::fresh_id && is_null) {
            values[i] = request.fresh_id;
        } else if (parsed.given[i]) {
            values[i] = std::move(*parsed.given[i]);
        } else if (rules.from == origin::now) {
            values[i] = request.now;
        } else {
            values[i] = initial_value(rules);
        }
    }
    return values;
}

}  // namespace

std::vector<fault> read_members(std::span<const field> rules, const boost::json::value* body,
                                std::vector<std::optional<value>>& values) {
    values.assign(rules.size(), std::nullopt);
    const auto* members = body == nullptr ? nullptr : body->if_object();
    if (members == nullptr) return {fault{"", 0, "the body must be a JSON object"}};
    std::vector<fault> faults;
    for (const auto& [name, given] : *members)
        if (auto wrong = read_member(rules, {name.data(), name.size()}, given, values))
            faults.push_back(std::move(*wrong));
    return faults;
}

std::optional<problem> check_address(const operation& what, call& request) {
    for (const std::string& part : request.path)
        if (!part.empty() && !is_valid_id(part))
            return not_found(what.of != nullptr ? what.of->name : "resource", part);
    std::vector<fault> faults;
    for (const auto& [name, text] : request.query)
        if (!is_known(what, name)) faults.push_back({quoted(name), 0, "is an unknown parameter"});
    if (faults.empty()) return std::nullopt;
    return problem_of(problem_code::bad_request, std::move(faults));
}

std::optional<problem> check_get(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    row_hints::of_this_thread().prefetch(row_hints::key_of(what.of->plural, request.path[0]));
    return std::nullopt;
}

std::optional<problem> check_create(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    const resource& of = *what.of;
    auto parsed = std::make_unique<record_input>();
    std::vector<fault> faults = members_of(of, request, false, *parsed);
    const bool is_object = request.body != nullptr && request.body->is_object();
    if (is_object) require(of, *parsed, faults);
    if (parsed->given[of.id]) {
        const auto* id = std::get_if<std::string>(&*parsed->given[of.id]);
        if (id != nullptr && !is_valid_id(*id))
            faults.push_back({"id", 0, "must be 1 to 128 of A-Z, a-z, 0-9, _ and -"});
        if (id != nullptr && is_reserved(*id)) faults.push_back({"id", 0, "is reserved"});
    }
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    parsed->row.values = complete(of, request, *parsed);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

std::optional<problem> check_patch(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<record_input>();
    std::vector<fault> faults = members_of(*what.of, request, true, *parsed);
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

}  // namespace carrel::siem
