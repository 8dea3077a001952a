#pragma once

#include "resource/resource.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

// What is content: made by people, worth keeping apart from events and alerts. A resource joins by being named here.
namespace carrel::siem {

struct content_member {
    std::string_view table;           // of the resource
    bool is_optional = false;         // only if it is requested
    std::string_view condition = {};  // which of its rows
    /// Fields that are no content: how it goes on this server, and what is worked out anew.
    std::vector<std::string_view> without = {};
    std::string_view secret = {};  // the field that holds what is sealed; it never leaves the server
    /// The names of the secrets that a record has.
    std::vector<std::string> (*secret_names)(const record&) = nullptr;
    /// Checks a new record in the place of the resource's own check, which asks for secrets that are not there.
    void (*settle)(record&, std::span<const std::string> secrets, std::vector<fault>&) = nullptr;
    /// What else must hold of a new record beside what its insertion checks.
    result<void> (*require)(read_session&, const record&, reply&) = nullptr;

    const resource& of() const;
    std::string file_name() const;  // rules.ndjson
    /// Whether a field is in the archive.
    bool holds(std::size_t field) const;
};

/// In the order in which they refer to each other; those whose resource this program has.
std::span<const content_member> content_members();
const content_member* content_member_named(std::string_view table);

}  // namespace carrel::siem
