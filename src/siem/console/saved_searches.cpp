#include "siem/console/saved_searches.hpp"

#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "resource/list_way.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/content_text.hpp"
#include "siem/events.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

// What nobody owns was made where nobody had to log in.
constexpr std::string_view is_visible = "(is_public = 1 OR created_by IS NULL OR created_by = ?)";

struct places {
    std::size_t query, from, to, filters, is_public, created_by;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return saved_searches().position(name); };
        return places{of("query"), of("from"), of("to"), of("filters"), of("is_public"), of("created_by")};
    }();
    return found;
}

// As a list of events takes it: a time, or one that is counted from the moment of the question.
void check_time(const call& request, const record& row, std::size_t place, std::vector<fault>& faults) {
    const std::string* text = row.text(place);
    if (text != nullptr && !parse_time(*text, request.now))
        faults.push_back({saved_searches().paths[place], 0,
                          "must be an RFC 3339 time, such as 2026-11-23T10:00:00Z, or a relative one, such as -24h"});
}

void check(const resource&, const call& request, const record* before, record& row, std::vector<fault>& faults) {
    const auto is_new = [&](std::size_t place) {
        return before == nullptr || before->values[place] != row.values[place];
    };
    if (const auto* text = row.text(at().query); text != nullptr && is_new(at().query))
        check_query("query", *text, faults);
    for (const std::size_t place : {at().from, at().to})
        if (is_new(place)) check_time(request, row, place, faults);
    if (is_new(at().filters)) check_event_filters(request, row, faults);
    const auto *from = row.text(at().from), *to = row.text(at().to);
    if (from == nullptr || to == nullptr || !faults.empty()) return;
    if (parse_time(*to, request.now) <= parse_time(*from, request.now))
        faults.push_back({"to", 0, "must be after `from`"});
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "query", .patchable = true, .max = 8000, .summary = "As `q` of the list of events."},
        {.name = "filters",
         .kind = object,
         .patchable = true,
         .max = 10'000,
         .summary = "Filters of the list of events: host, source, channel, event_code, severity, field.<key>; each a "
                    "string or a list of strings."},
        {.name = "from",
         .patchable = true,
         .min = 1,
         .max = 64,
         .summary = "A time, or one counted from each run: -24h.",
         .column = "from_time"},
        {.name = "to", .patchable = true, .min = 1, .max = 64, .column = "to_time"},
        {.name = "is_public", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "tags",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = 100,
         .items = "saved_searches_tags"},
        {.name = "usage_count",
         .kind = integer,
         .from = origin::server,
         .initial = 0,
         .summary = "How often it was run; written down by the half-minute."},
        {.name = "last_used_at", .kind = field_kind::time, .from = origin::server},
        {.name = "created_by", .from = origin::creator, .summary = "Its owner."},
        {.name = "updated_by", .from = origin::changer},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "public", .kind = boolean, .column = "is_public"},
        {.name = "created_by", .column = "created_by"},
        {.name = "tag", .kind = item, .column = "saved_searches_tags"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

// -- who sees and changes what ---

bool is_own(const call& request, const record& row) {
    const std::string* owner = row.text(at().created_by);
    return owner != nullptr && *owner == request.principal;
}

// What nobody owns belongs to those who administrate.
result<void> require_owner(read_session& session, const call& request, reply& into) {
    if (sees_all_searches(request)) return {};
    auto row = find(saved_searches(), session, request.path[0]);
    if (!row) return row.error();
    if (*row && is_own(request, **row)) return {};
    return refuse(into, {problem_code::forbidden, "Only its owner may change it, and those who have write:users.", {}});
}

std::optional<problem> check_visible_list(const operation& what, call& request) {
    if (sees_all_searches(request)) return check_list(what, request);
    const narrowing own{std::string(is_visible), request.principal};
    return check_narrowed_list(*what.of, what, request, &own);
}

struct count_input : input {
    conditions filters;
};

std::optional<problem> check_visible_count(const operation&, call& request) {
    std::vector<fault> faults = refuse_parameters(saved_searches(), request.query, {});
    auto parsed = std::make_unique<count_input>();
    parsed->filters = read_conditions(saved_searches(), request.query, request.now);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    if (!sees_all_searches(request)) parsed->filters.also(is_visible, {request.principal});
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> count_visible(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    const auto [sql, values] =
        static_cast<const count_input&>(*request.parsed).filters.count_of(saved_searches().table);
    auto all = count_by(session, sql, values);
    if (!all) return all.error();
    json::writer(into.body).begin_object().key("count").integer(*all).end_object();
    return {};
}

// An operation on one search: for those who see it, and a change for its owner.
operation guarded(operation of) {
    if (of.write != nullptr) {
        of.write = [inner = std::move(of.write)](const operation& what, write_session& session, const call& request,
                                                 reply& into) -> result<void> {
            into.clear();
            if (auto seen = require_visible_search(session, request, into); !seen) return seen;
            if (auto owned = require_owner(session, request, into); !owned) return owned;
            return inner(what, session, request, into);
        };
    } else {
        of.read = [inner = std::move(of.read)](const operation& what, read_session& session, const call& request,
                                               reply& into) -> result<void> {
            into.clear();
            if (auto seen = require_visible_search(session, request, into); !seen) return seen;
            return inner(what, session, request, into);
        };
    }
    return of;
}

}  // namespace

bool sees_all_searches(const call& request) noexcept {
    return request.who == nullptr || request.who->may.has(permission::write_users) ||
           request.who->may.has(permission::admin_system);
}

result<void> require_visible_search(read_session& session, const call& request, reply& into) {
    if (sees_all_searches(request)) return {};
    const std::string& id = request.path[0];
    auto seen = session.first_integer(read_sql("SELECT 1 FROM saved_searches WHERE id = ? AND "
                                               "(is_public = 1 OR created_by IS NULL OR created_by = ?)"),
                                      id, request.principal);
    if (!seen) return seen.error();
    if (*seen) return {};
    return refuse(into, not_found(saved_searches().name, id));
}

std::vector<std::pair<std::string, std::string>> event_parameters(const record& search) {
    std::vector<std::pair<std::string, std::string>> made;
    const auto add = [&](const char* name, std::size_t place) {
        const std::string* text = search.text(place);
        if (text != nullptr && !text->empty()) made.emplace_back(name, *text);
    };
    add("q", at().query);
    add("from", at().from);
    add("to", at().to);
    if (!search.has(at().filters)) return made;
    const boost::json::value filters = boost::json::parse(*search.text(at().filters));
    for (const auto& [name, given] : filters.as_object()) {
        const auto take = [&, key = std::string(name)](const boost::json::value& one) {
            if (const auto* text = one.if_string()) made.emplace_back(key, std::string(text->data(), text->size()));
        };
        if (const auto* list = given.if_array()) std::for_each(list->begin(), list->end(), take);
        else take(given);
    }
    return made;
}

void check_event_filters(const call& request, const record& search, std::vector<fault>& faults) {
    if (!search.has(at().filters)) return;
    const boost::json::value filters = boost::json::parse(*search.text(at().filters));
    const auto is_text = [](const boost::json::value& one) { return one.is_string(); };
    query_pairs pairs;
    for (const auto& [key, given] : filters.as_object()) {
        const std::string name(key.data(), key.size());
        const auto* list = given.if_array();
        if (name == "q" || name == "from" || name == "to" || !is_filter(events(), name))
            faults.push_back({"filters." + quoted(name), 0, "is no filter of events"});
        else if (list == nullptr ? !is_text(given) : list->empty() || !std::all_of(list->begin(), list->end(), is_text))
            faults.push_back({"filters." + name, 0, "must be a string or a list of strings"});
        else pairs.emplace_back(name, std::string());
    }
    if (!faults.empty()) return;
    for (fault& wrong : read_conditions(events(), pairs, request.now).faults)
        faults.push_back({"filters." + wrong.field, 0, std::move(wrong.detail)});
}

const resource& saved_searches() {
    static const resource instance({
        .name = "saved_search",
        .plural = "saved-searches",
        .table = "saved_searches",
        .reads = permission::read_events,
        .writes = permission::read_events,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "name", "usage_count", "last_used_at"},
        .text = {"name", "description"},
        .has_bulk = false,  // each has an owner, who alone may change it
        .hooks = {.check = check},
    });
    return instance;
}

std::vector<operation> saved_search_operations() {
    std::vector<operation> all;
    for (operation& each : common_operations(saved_searches())) {
        if (each.id == "list_saved_searches") {
            each.check = check_visible_list;
            all.push_back(std::move(each));
        } else if (each.id == "count_saved_searches") {
            each.check = check_visible_count;
            each.read = count_visible;
            all.push_back(std::move(each));
        } else if (each.path.find("{id}") == each.path.npos) {
            all.push_back(std::move(each));
        } else {
            all.push_back(guarded(std::move(each)));
        }
    }
    all.push_back(guarded(saved_search_run_operation()));
    return all;
}

std::vector<const resource*> saved_search_resources() { return {&saved_searches()}; }

}  // namespace carrel::siem
