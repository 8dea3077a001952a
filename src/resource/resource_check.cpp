#include "json/reader.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "resource/resource.hpp"
#include "resource/resource_input.hpp"
#include "resource/row_hints.hpp"

#include <algorithm>
#include <set>

namespace carrel::siem {

namespace {

using rule_list = std::span<const field>;

bool is_known(const operation& what, std::string_view parameter) {
    return std::any_of(what.parameters.begin(), what.parameters.end(),
                       [&](const field_doc& each) { return each.name == parameter; });
}

// What a path can name a row by, of whatever resource: 1 to 128 visible characters without a slash.
bool may_be_key(std::string_view text) {
    return text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// What stands where an id does in a path would hide the resource.
bool is_reserved(const resource& of, std::string_view id) {
    static const auto* words = [] {
        auto* made = new std::set<std::string, std::less<>>;
        for (const operation& each : operations()) {
            const auto last = each.path.rfind('/');
            if (last > 0 && each.path.find('{', last) == each.path.npos) made->insert(each.path);
        }
        return made;
    }();
    std::string path("/");
    return words->contains(path.append(of.plural).append("/").append(id));
}

bool is_inside(rule_list rules, std::string_view name) {
    return !name.empty() &&
           std::any_of(rules.begin(), rules.end(), [&](const field& each) { return each.inside == name; });
}

// One member of a body against the rule of its name.
class member_reader {
public:
    member_reader(rule_list rules, given_members& values, std::vector<fault>& faults)
        : rules_(rules),
          values_(values),
          faults_(faults) {}

    void read(const boost::json::object& body, std::string_view inside) {
        for (const auto& [key, given] : body) {
            const std::string_view name(key.data(), key.size());
            if (inside.empty() && is_inside(rules_, name)) read_object(name, given);
            else read_one(name, inside, given);
        }
    }

private:
    void read_object(std::string_view name, const boost::json::value& given) {
        if (given.is_null()) {
            for (std::size_t i = 0; i < rules_.size(); ++i)
                if (rules_[i].inside == name) take(i, given);
        } else if (const auto* object = given.if_object()) {
            read(*object, name);
        } else {
            faults_.push_back({std::string(name), 0, "must be an object"});
        }
    }

    void read_one(std::string_view name, std::string_view inside, const boost::json::value& given) {
        for (std::size_t i = 0; i < rules_.size(); ++i)
            if (rules_[i].name == name && rules_[i].inside == inside && rules_[i].seen != visibility::hidden)
                return take(i, given);
        const std::string path = inside.empty() ? quoted(name) : std::string(inside) + "." + quoted(name);
        faults_.push_back({path, 0, "is an unknown field"});
    }

    void take(std::size_t i, const boost::json::value& given) {
        auto& into = values_[i];
        into.emplace();
        // In a merge patch null takes a member away, in a new resource it says that there is none.
        if (given.is_null()) {
            if (rules_[i].required) faults_.push_back({rules_[i].path(), 0, "is required"});
            else into = initial_value(rules_[i]);
        } else if (auto wrong = read_field(rules_[i], given, *into)) {
            faults_.push_back(std::move(*wrong));
        }
    }

    rule_list rules_;
    given_members& values_;
    std::vector<fault>& faults_;
};

bool is_settable(const field& rules) {
    const bool by_client = rules.from == origin::client || rules.from == origin::fresh_id;
    return by_client && rules.is_stored() && rules.seen != visibility::hidden;
}

// Members that the server alone gives are known, but not taken.
std::vector<fault> refuse_members(const resource& of, const given_members& values, bool for_patch) {
    std::vector<fault> faults;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const field& rules = of.fields[i];
        if (!values[i] || (for_patch ? rules.patchable : is_settable(rules))) continue;
        const bool can_be_given = for_patch && is_settable(rules);
        faults.push_back({rules.path(), 0, can_be_given ? "cannot be changed" : "is set by the server"});
    }
    return faults;
}

// A member that not everyone who may write may give.
std::optional<problem> check_rights(const resource& of, const call& request, const given_members& given) {
    if (request.who == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const field& rules = of.fields[i];
        if (!given[i] || !rules.needs || request.who->may.has(*rules.needs)) continue;
        const auto name = std::string(access::name_of(*rules.needs));
        return problem{problem_code::forbidden,
                       "To set " + rules.path() + " needs the permission " + name + ".",
                       {{rules.path(), 0, "needs the permission " + name}}};
    }
    return std::nullopt;
}

void require(const resource& of, const given_members& given, std::vector<fault>& faults) {
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const bool client_gives_it = of.fields[i].from == origin::client && i != of.owner;
        if (client_gives_it && of.fields[i].required && !given[i])
            faults.push_back({of.fields[i].path(), 0, "is required"});
    }
}

value principal_of(const call& request) { return request.principal.empty() ? value() : value(request.principal); }

std::vector<value> complete(const resource& of, const call& request, given_members given) {
    std::vector<value> values(of.fields.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const field& rules = of.fields[i];
        const bool is_null = !given[i] || std::holds_alternative<std::monostate>(*given[i]);
        if (rules.from == origin::fresh_id && is_null) {
            values[i] = request.fresh_id;
        } else if (given[i]) {
            values[i] = std::move(*given[i]);
        } else if (rules.from == origin::now) {
            values[i] = request.now;
        } else if (rules.from == origin::creator || rules.from == origin::changer) {
            values[i] = principal_of(request);
        } else {
            values[i] = initial_value(rules);
        }
    }
    if (of.owner != resource::absent) values[of.owner] = request.path[0];
    return values;
}

void check_key(const resource& of, const given_members& given, std::vector<fault>& faults) {
    if (!given[of.id]) return;
    const auto* id = std::get_if<std::string>(&*given[of.id]);
    if (id == nullptr) return;
    if (!of.is_key(*id)) faults.push_back({std::string(of.key), 0, std::string(of.key_rule)});
    if (is_reserved(of, *id)) faults.push_back({std::string(of.key), 0, "is reserved"});
}

// Members that the reader left out are of an object inside a member, or there would be unknown fields.
void refuse_left_out(const call& request, std::vector<fault>& faults) {
    if (faults.empty() && request.members_left_out > 0)
        faults.push_back(
            {"", 0, "an object of the body has more than " + std::to_string(json::reader::members_max) + " members"});
}

// A body that a record is made of, or that takes a record's place: then the key is the path's.
std::optional<problem> check_whole(const operation& what, call& request, bool is_new) {
    if (auto wrong = check_address(what, request)) return wrong;
    const resource& of = *what.of;
    auto parsed = std::make_unique<record_input>();
    std::vector<fault> faults = read_body(of, request.body, false, parsed->given);
    if (auto denied = check_rights(of, request, parsed->given)) return refuse_body(request, std::move(*denied));
    const bool is_object = request.body != nullptr && request.body->is_object();
    if (!is_new && parsed->given[of.id]) {
        const auto* given = std::get_if<std::string>(&*parsed->given[of.id]);
        if (given == nullptr || *given != of.key_of(request))
            faults.push_back({std::string(of.key), 0, "cannot be changed"});
    }
    if (is_object && faults.empty()) {
        if (!is_new) parsed->given[of.id] = of.key_of(request);
        for (fault& wrong : make_record(of, request, std::move(parsed->given), parsed->row))
            faults.push_back(std::move(wrong));
    } else if (is_object) {
        // What a body derives, it does only as a whole.
        if (of.hooks.derive == nullptr) require(of, parsed->given, faults);
        if (is_new) check_key(of, parsed->given, faults);
    }
    refuse_left_out(request, faults);
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

}  // namespace

std::vector<fault> make_record(const resource& of, const call& request, given_members given, record& into) {
    std::vector<fault> faults;
    if (of.hooks.derive != nullptr) of.hooks.derive(of, request, given, true, faults);
    require(of, given, faults);
    check_key(of, given, faults);
    if (!faults.empty()) return faults;
    into.values = complete(of, request, std::move(given));
    if (of.hooks.check != nullptr) of.hooks.check(of, request, nullptr, into, faults);
    return faults;
}

std::vector<fault> read_members(rule_list rules, const boost::json::value* body, given_members& values) {
    values.assign(rules.size(), std::nullopt);
    const auto* object = body == nullptr ? nullptr : body->if_object();
    if (object == nullptr) return {fault{"", 0, "the body must be a JSON object"}};
    std::vector<fault> faults;
    member_reader(rules, values, faults).read(*object, {});
    return faults;
}

bool read_input(rule_list rules, call& request, given_members& values, std::optional<problem>& refused) {
    std::vector<fault> faults = read_members(rules, request.body, values);
    for (std::size_t i = 0; i < rules.size() && faults.empty(); ++i)
        if (rules[i].required && !values[i]) faults.push_back({rules[i].path(), 0, "is required"});
    if (faults.empty()) return true;
    refused = refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    return false;
}

std::vector<fault> read_body(const resource& of, const boost::json::value* body, bool for_patch,
                             given_members& values) {
    std::vector<fault> faults = read_members(of.fields, body, values);
    // What is wrong with the value of a member that is not taken at all would only mislead.
    const std::vector<fault> refused = refuse_members(of, values, for_patch);
    std::erase_if(faults, [&](const fault& one) {
        return std::any_of(refused.begin(), refused.end(),
                           [&](const fault& other) { return other.field == one.field; });
    });
    faults.insert(faults.end(), refused.begin(), refused.end());
    return faults;
}

std::optional<problem> check_address(const operation& what, call& request) {
    for (const std::string& part : request.path)
        if (!may_be_key(part)) return not_found(what.of != nullptr ? what.of->name : "resource", part);
    std::vector<fault> faults;
    for (const auto& [name, text] : request.query)
        if (!is_known(what, name)) faults.push_back({quoted(name), 0, "is an unknown parameter"});
    if (faults.empty()) return std::nullopt;
    return problem_of(problem_code::bad_request, std::move(faults));
}

std::optional<problem> check_get(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    row_hints::of_this_thread().prefetch(row_hints::key_of(what.of->plural, what.of->key_of(request)));
    return std::nullopt;
}

std::optional<problem> check_create(const operation& what, call& request) { return check_whole(what, request, true); }

std::optional<problem> check_replace(const operation& what, call& request) { return check_whole(what, request, false); }

std::optional<problem> check_patch(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    const resource& of = *what.of;
    auto parsed = std::make_unique<record_input>();
    std::vector<fault> faults = read_body(of, request.body, true, parsed->given);
    if (auto denied = check_rights(of, request, parsed->given)) return refuse_body(request, std::move(*denied));
    if (faults.empty() && of.hooks.derive != nullptr) of.hooks.derive(of, request, parsed->given, false, faults);
    refuse_left_out(request, faults);
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

}  // namespace carrel::siem
