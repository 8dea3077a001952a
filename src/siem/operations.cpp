#include "siem/alerts.hpp"
#include "siem/events.hpp"

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

std::span<const std::pair<std::string, std::string>> schemas() {
    static const std::vector<std::pair<std::string, std::string>> all = [] {
        std::vector<std::pair<std::string, std::string>> made;
        for (const resource* of : {&events(), &alerts()}) made.emplace_back(of->name, schema_of(*of));
        made.push_back(deletion_schema());
        return made;
    }();
    return all;
}

}  // namespace carrel::siem
