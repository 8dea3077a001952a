#pragma once

#include "attack/catalogue.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace carrel::attack {

/// Reads the objects of a bundle one by one: keeps those of ATT&CK, counts all.
class object_list {
public:
    explicit object_list(findings& found)
        : found_(found) {}

    /// `objects` is valid JSON and outlives this.
    void read(std::string_view objects);

    catalogue& all() noexcept { return all_; }
    std::map<std::string, std::size_t, std::less<>>& counts() noexcept { return counts_; }

private:
    void read_one(std::string_view object, std::size_t position);
    bool is_new(const std::string& id, std::string_view type, const std::string& path);
    void keep(std::string_view type, const members& object);
    void keep_relationship(const members& object);
    /// Keeps an entry unless its id of ATT&CK is missing, or another one has it.
    template <class Entry>
    void keep_entry(std::vector<Entry>& into, Entry one, bool (*is_id)(std::string_view) noexcept);
    bool has_room(const members& object);

    findings& found_;
    catalogue all_;
    std::map<std::string, std::size_t, std::less<>> counts_;
    std::unordered_set<std::string_view, stix_hash, std::equal_to<>> stix_ids_;  // in the text
    std::set<std::string, std::less<>> ids_;
    std::size_t entries_ = 0;
};

}  // namespace carrel::attack
