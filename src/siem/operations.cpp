#include "siem/aggregates.hpp"
#include "siem/alerts.hpp"
#include "siem/audit_log.hpp"
#include "siem/backups/backup_control.hpp"
#include "siem/events.hpp"
#include "siem/resources.hpp"

#include <algorithm>
#include <iterator>

namespace carrel::siem {

std::span<const operation> operations() {
    static const std::vector<operation> all = [] {
        std::vector<operation> made;
        for (auto part : {event_operations,
                          deletion_operations,
                          alert_operations,
                          rule_operations,
                          attack_operations,
                          exception_operations,
                          correlation_rule_operations,
                          action_operations,
                          field_mapping_operations,
                          indicator_operations,
                          feed_operations,
                          account_operations,
                          audit_operations,
                          investigation_operations,
                          evidence_operations,
                          alert_link_operations,
                          saved_search_operations,
                          dashboard_operations,
                          system_metadata_operations,
                          playbook_operations,
                          model_operations,
                          listener_operations,
                          content_archive_operations,
                          dead_letter_operations,
                          backup_operations}) {
            std::vector<operation> own = part();
            std::move(own.begin(), own.end(), std::back_inserter(made));
        }
        for (operation& each : made)
            if (!each.needs.is_said() && each.of != nullptr)
                each.needs = each.method == method::get ? each.of->reads : each.of->writes;
        mark_audited(made);
        return made;
    }();
    return all;
}

std::span<const resource* const> resources() {
    static const std::vector<const resource*> all = [] {
        std::vector<const resource*> made{&events(), &alerts()};
        for (auto part :
             {rule_resources,       attack_resources,        exception_resources,     correlation_rule_resources,
              action_resources,     field_mapping_resources, indicator_resources,     feed_resources,
              account_resources,    audit_resources,         investigation_resources, evidence_resources,
              alert_link_resources, saved_search_resources,  dashboard_resources,     system_metadata_resources,
              playbook_resources,   model_resources,         listener_resources,      content_archive_resources,
              dead_letter_resources}) {
            const std::vector<const resource*> own = part();
            made.insert(made.end(), own.begin(), own.end());
        }
        return made;
    }();
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
        made.push_back(backup_schema());
        return made;
    }();
    return all;
}

}  // namespace carrel::siem
