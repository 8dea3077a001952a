#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "resource/same_caller.hpp"
#include "siem/console/saved_searches.hpp"
#include "siem/console/search_uses.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <array>

// GET /saved-searches/{id}/run: the page of events that the search finds, as the list of events answers it.
namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 6> own_parameters = {"limit", "cursor", "sort", "count", "from", "to"};

const operation& event_list() {
    static const operation list = event_list_operation();
    return list;
}

std::optional<problem> check_run(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    std::vector<fault> faults = refuse_repeats(request.query);
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    return std::nullopt;
}

// What the request says of the range counts instead of what is kept.
query_pairs parameters_of(const record& search, const call& request) {
    query_pairs made;
    for (auto& [name, text] : event_parameters(search))
        if (!parameter(request.query, name)) made.emplace_back(std::move(name), std::move(text));
    made.insert(made.end(), request.query.begin(), request.query.end());
    return made;
}

result<void> run(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto search = find(saved_searches(), session, request.path[0]);
    if (!search) return search.error();
    if (!*search) return refuse(into, not_found(saved_searches().name, request.path[0]));
    call inner = by_same_caller(request);
    inner.query = parameters_of(**search, request);
    if (auto wrong = event_list().check(event_list(), inner)) return refuse(into, std::move(*wrong));
    if (auto done = event_list().read(event_list(), session, inner, into); !done) return done;
    // The pages behind the first are of the same run.
    if (!parameter(request.query, "cursor")) count_search_use(request.path[0], request.now);
    return {};
}

}  // namespace

operation saved_search_run_operation() {
    operation made = make_operation(saved_searches(), method::get, "/{id}/run", "run_saved_search",
                                    "The events that a saved search finds, as the list of events has them.");
    made.is_about_version = false;
    made.reply_schema = event_list().reply_schema;
    for (const field_doc& each : event_list().parameters)
        if (std::find(own_parameters.begin(), own_parameters.end(), each.name) != own_parameters.end())
            made.parameters.push_back(each);
    made.check = check_run;
    made.read = run;
    return made;
}

}  // namespace carrel::siem
