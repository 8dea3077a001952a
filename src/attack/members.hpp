#pragma once

#include "attack/findings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::attack {

/// The members of one object of valid JSON, read by name and type. What has another type is a fault at the object's path;
/// null is as absent. The text must outlive this.
class members {
public:
    members(std::string_view object, std::string path, std::string stix_id, findings& found);

    bool has(std::string_view name) const noexcept { return !raw(name).empty(); }
    /// As it stands in the text; empty if absent.
    std::string_view raw(std::string_view name) const noexcept;
    std::string text(std::string_view name) const;
    /// As above; a fault if it is absent or empty.
    std::string required_text(std::string_view name) const;
    bool flag(std::string_view name) const;
    std::optional<siem::timestamp> time(std::string_view name) const;
    std::vector<std::string> texts(std::string_view name) const;
    /// The objects of a list.
    std::vector<members> objects(std::string_view name) const;

    void fault(std::string_view name, std::string detail) const;

private:
    bool add(std::string_view name, std::string_view value);
    std::vector<std::string_view> list(std::string_view name) const;
    std::string decoded(std::string_view name, std::string_view value) const;

    std::vector<std::pair<std::string_view, std::string_view>> values_;
    std::string path_, stix_id_;
    findings* found_;
};

/// The value of a member of an object that nothing else is read of: decoded if it is a string, else empty.
std::string peek_text(std::string_view object, std::string_view name);

}  // namespace carrel::attack
