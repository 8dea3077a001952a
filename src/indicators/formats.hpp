#pragma once

#include "indicators/candidate.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::indicators {

/// The readers of feeds. Each takes the whole text, gives what it finds in the order of the text, and reports each item
/// that it cannot use why. Pure; thread-safe. Memory: what they return, and the text.

struct list_options {
    std::string comment = "#;";  // what begins a comment: at the beginning of a line, or behind a blank
    std::optional<kind> of{};    // of all values
};
/// One value a line. Lines of a hosts file (`0.0.0.0 evil.example`) give the name.
reading read_list(std::string_view text, const list_options& options = {}, const read_limits& within = {});

/// A column of a table: by its name in the header, or by its number from 0. Neither: the table has no such column.
struct column {
    std::string name{};
    int number = -1;

    bool is_given() const noexcept { return !name.empty() || number >= 0; }
};
struct csv_options {
    char delimiter = ',';
    char comment = '#';       // begins a line that is no record; 0: none
    bool has_header = false;  // the first record; its names are compared without case
    column value{.name = {}, .number = 0};
    column type, severity, confidence, tags, description, external_id, first_seen, last_seen, valid_until, references;
    std::string list_separators = ",;|";  // between tags, and between references
    std::optional<kind> of;               // where no column says it
};
/// RFC 4180: quotes, doubled quotes, line ends within quotes, LF or CR LF.
reading read_csv(std::string_view text, const csv_options& options = {}, const read_limits& within = {});

/// STIX 2.0 and 2.1: a bundle, an envelope of TAXII, a list of objects or one. Indicators whose pattern compares with `=` or
/// `IN`, joined by OR (by AND if all are digests of one file); observed values; vulnerabilities.
reading read_stix(std::string_view text, const read_limits& within = {});

struct misp_options {
    bool to_ids_only = true;  // attributes that are not meant for detection are reported as faults
};
/// Events and attributes of MISP, one, a list, or a response of its API.
reading read_misp(std::string_view text, const misp_options& options = {}, const read_limits& within = {});

/// Where a JSON feed has what. Paths have dots between names.
struct json_options {
    std::string items;  // the list within a document, such as `results.indicators`; lists on the way are gone through
    std::string value = "value", type = "type", severity = "severity", confidence = "confidence", tags = "tags",
                description = "description", external_id = "id", first_seen = "first_seen", last_seen = "last_seen",
                valid_until = "valid_until", references = "references";
    std::optional<kind> of{};  // where the feed does not say it
};
/// A list of objects or strings, a document with one, or one object a line.
reading read_json(std::string_view text, const json_options& options = {}, const read_limits& within = {});

}  // namespace carrel::indicators
