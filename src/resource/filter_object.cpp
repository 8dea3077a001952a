#include "resource/filter_object.hpp"

#include "json/value_text.hpp"
#include "resource/problems.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace carrel::siem {

query_pairs read_filters(const resource& of, const boost::json::object& filters, timestamp now,
                         std::vector<fault>& faults) {
    query_pairs made;
    const std::size_t before = faults.size();
    for (const auto& [name, given] : filters) {
        const std::string parameter(name);
        if (!is_filter(of, parameter)) {
            faults.push_back({"filter." + quoted(parameter), 0, "is no filter of " + noun_of(of)});
            continue;
        }
        const auto add = [&](const boost::json::value& one) {
            if (const auto* words = one.if_string()) made.emplace_back(parameter, std::string(*words));
            else if (one.is_number()) json::append_value(made.emplace_back(parameter, "").second, one);
            else faults.push_back({"filter." + parameter, 0, "must be a string, a number or a list of them"});
        };
        if (const auto* list = given.if_array()) std::for_each(list->begin(), list->end(), add);
        else add(given);
    }
    if (faults.size() > before) return made;
    if (made.empty()) faults.push_back({"filter", 0, "must have a filter"});
    else
        for (fault& wrong : read_conditions(of, made, now).faults)
            faults.push_back({"filter." + wrong.field, 0, std::move(wrong.detail)});
    return made;
}

}  // namespace carrel::siem
