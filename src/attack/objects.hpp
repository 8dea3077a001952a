#pragma once

#include "attack/bundle.hpp"
#include "attack/members.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::attack {

/// What a technique has before its relationships are known.
struct read_technique : technique {
    std::vector<std::pair<std::string, std::string>> phases;  // kill chain, short name
};

/// What a bundle says of how techniques are detected.
struct detection_strategy {
    std::string id, stix_id;
    std::vector<std::string> analytics;  // STIX ids
};
struct analytic {
    std::string stix_id, description;
    std::vector<std::string> components;  // STIX ids
};
struct read_component : data_component {
    std::string source;  // a STIX id
};
struct read_matrix : matrix {
    std::vector<std::string> columns;  // STIX ids
};

/// Each reads one object of its type; faults are recorded with the members. An object without an id of ATT&CK has none.
read_matrix matrix_of(const members& object);
tactic tactic_of(const members& object);
read_technique technique_of(const members& object);
data_source data_source_of(const members& object);
read_component component_of(const members& object);
detection_strategy strategy_of(const members& object);
analytic analytic_of(const members& object);

}  // namespace carrel::attack
