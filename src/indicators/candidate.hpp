#pragma once

#include "base/time.hpp"
#include "indicators/kinds.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace carrel::indicators {

/// An indicator as a feed has it: not normalized, and maybe none.
struct candidate {
    std::optional<kind> of;  // as the feed says; nothing if it does not
    std::string value;
    std::string severity;              // critical, high, medium, low, info; empty if the feed does not say
    std::optional<double> confidence;  // 0–100
    std::vector<std::string> tags;
    std::string description, external_id;
    std::optional<siem::timestamp> first_seen, last_seen, valid_until;
    std::vector<std::string> references;
    std::size_t line = 0;  // from 1; 0 where the format has no lines
    std::string path;      // objects[4]; empty where the format has lines
};

/// Why an item of a feed is no candidate.
struct item_fault {
    std::size_t line = 0;
    std::string path;
    std::string detail;
};

/// What was found in a feed.
struct reading {
    std::vector<candidate> candidates;
    std::vector<item_fault> faults;
    std::size_t faults_left_out = 0;  // that are beyond their bound
    std::size_t passed_over = 0;      // parts of a feed that are no indicators, such as its relationships
    std::size_t shortened = 0;  // candidates of which some text, tag or reference is beyond its bound and left out
    std::string refused;        // why the text as a whole cannot be read; empty if it can
};

struct read_limits {
    std::size_t bytes_max = 256u << 20;
    std::size_t items_max = 1'000'000;
    std::size_t faults_max = 1'000;
    std::size_t depth_max = 64;
    std::size_t description_max = 2'000;  // bytes
    std::size_t tags_max = 50, tag_max = 100;
    std::size_t references_max = 20, reference_max = 2'048;
    std::size_t external_id_max = 256;
};

}  // namespace carrel::indicators
