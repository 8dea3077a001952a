#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::attack {

/// What all objects of ATT&CK have.
struct entry {
    std::string id;       // TA0001, T1059.001, DS0009; a data component's may be empty
    std::string stix_id;  // attack-pattern--…
    std::string name, description, url, version;
    std::optional<siem::timestamp> created, modified;
    bool revoked = false, deprecated = false;
    std::string revoked_by;  // the id of what took its place
};

struct tactic : entry {
    std::string short_name;                // execution
    std::vector<std::string> kill_chains;  // mitre-attack, mitre-mobile-attack, mitre-ics-attack
};

struct matrix : entry {
    std::vector<std::string> tactics;  // ids, in the order of the columns
};

struct technique : entry {
    std::vector<std::string> tactic_names;  // short names, as the bundle has them
    std::vector<std::string> tactics;       // ids; of those that the bundle has
    bool is_subtechnique = false;
    std::string parent;     // an id; of a sub-technique, which may be in no bundle read so far
    std::string detection;  // how to detect it, in prose
    std::vector<std::string> platforms;
    std::vector<std::string> data_sources;          // as text, such as `Process: Process Creation`
    std::vector<std::string> data_source_ids;       // DS0009, sorted
    std::vector<std::string> detection_strategies;  // DET0001, sorted
};

struct data_source : entry {
    std::vector<std::string> platforms, collection_layers;
};

struct data_component : entry {
    std::string data_source;  // an id; empty where the bundle names none
};

/// What is in a bundle, each list by id.
struct bundle {
    std::string spec_version;  // 2.0 or 2.1
    std::vector<matrix> matrices;
    std::vector<tactic> tactics;
    std::vector<technique> techniques;
    std::vector<data_source> data_sources;
    std::vector<data_component> data_components;
    std::map<std::string, std::size_t, std::less<>> objects;  // how many of each type, those that are not read included

    /// What was passed over, and why.
    struct warning {
        std::string stix_id, detail;
    };
    std::vector<warning> warnings;
    std::size_t warnings_left_out = 0;
};

/// Why nothing of a bundle was read.
struct fault {
    std::string path;     // objects[12].name; empty: the text as a whole
    std::string stix_id;  // of the object, if it has one
    std::string detail;
};
using faults = std::vector<fault>;

struct limits {
    std::size_t bytes_max = 256u << 20;
    std::size_t objects_max = 1'000'000;
    std::size_t entries_max = 50'000;  // objects of ATT&CK
    std::size_t depth_max = 64;
    std::size_t text_max = 65'536;  // bytes of one text
    std::size_t items_max = 1'000;  // of one list
    std::size_t warnings_max = 1'000;
    std::size_t faults_max = 100;
};

/// Reads a STIX 2.0 or 2.1 bundle of MITRE ATT&CK: enterprise, mobile, ICS, or several in one. Beside the text it takes
/// memory for what is returned, not for a document. Pure; thread-safe.
///
/// Skipped with a warning: an object of ATT&CK without an id of ATT&CK, a relationship to an object that is absent. A
/// fault: a text that is not a bundle, a member of a wrong type, two objects with one id, a circle of parents.
std::variant<bundle, faults> read_bundle(std::string_view json, const limits& within = {});

/// Whether a text has the grammar of an id.
bool is_tactic_id(std::string_view text) noexcept;       // TA0001
bool is_technique_id(std::string_view text) noexcept;    // T1059, T1059.001
bool is_data_source_id(std::string_view text) noexcept;  // DS0009

}  // namespace carrel::attack
