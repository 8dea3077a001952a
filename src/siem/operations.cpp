#include "siem/alerts.hpp"
#include "siem/events.hpp"
#include "siem/resources.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace carrel::siem {

std::span<const operation> operations() {
    static const std::vector<operation> all = [] {
        std::vector<operation> made;
        for (auto part : {event_operations, deletion_operations, alert_operations}) {
            std::vector<operation> own = part();
            std::move(own.begin(), own.end(), std::back_inserter(made));
        }
        return made;
    }();
    return all;
}

std::span<const resource* const> resources() {
    static const std::array all{&events(), &alerts()};
    return all;
}

const resource* resource_of(std::string_view table) {
    const auto all = resources();
    const auto found = std::find_if(all.begin(), all.end(), [&](const resource* each) { return each->table == table; });
    return found == all.end() ? nullptr : *found;
}

std::span<const std::pair<std::string, std::string>> schemas() {
    static const std::vector<std::pair<std::string, std::string>> all = [] {
        std::vector<std::pair<std::string, std::string>> made;
        for (const resource* of : resources()) made.emplace_back(of->name, schema_of(*of));
        made.push_back(deletion_schema());
        return made;
    }();
    return all;
}

}  // namespace carrel::siem
