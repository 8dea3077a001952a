#include "attack/members.hpp"

#include "json/walk.hpp"

#include <algorithm>

namespace carrel::attack {

namespace {

constexpr std::size_t members_max = 256;  // of one object; ATT&CK's have some twenty

// Names of STIX need no escapes; one that has some nevertheless is taken for no name of STIX.
bool is_same(const std::pair<std::string_view, std::string_view>& member, std::string_view name) {
    return member.first == name;
}

}  // namespace

members::members(std::string_view object, std::string path, std::string stix_id, findings& found)
    : path_(std::move(path)),
      stix_id_(std::move(stix_id)),
      found_(&found) {
    json::walk all(object);
    if (!all.is_object()) found_->fault(path_, stix_id_, "must be an object");
    while (all.is_object() && all.next() && add(all.key(), all.value())) {
    }
}

bool members::add(std::string_view name, std::string_view value) {
    if (std::any_of(values_.begin(), values_.end(), [&](const auto& each) { return is_same(each, name); })) {
        fault(name.substr(0, 100), "comes twice");
        return false;
    }
    if (values_.size() == members_max) {
        found_->fault(path_, stix_id_, "has more than " + std::to_string(members_max) + " members");
        return false;
    }
    values_.emplace_back(name, value);
    return true;
}

std::string_view members::raw(std::string_view name) const noexcept {
    for (const auto& each : values_)
        if (is_same(each, name)) return each.second == "null" ? std::string_view{} : each.second;
    return {};
}

std::string members::text(std::string_view name) const {
    const auto value = raw(name);
    return value.empty() ? std::string{} : decoded(name, value);
}

std::string members::decoded(std::string_view name, std::string_view value) const {
    if (!json::is_string(value)) {
        fault(name, "must be a string");
        return {};
    }
    if (value.size() - 2 > found_->within().text_max) {
        fault(name, "has more than " + std::to_string(found_->within().text_max) + " bytes");
        return {};
    }
    return json::text_of(value);
}

std::string members::required_text(std::string_view name) const {
    if (!has(name)) {
        fault(name, "is missing");
        return {};
    }
    auto value = text(name);
    if (value.empty() && raw(name) == "\"\"") fault(name, "must not be empty");
    return value;
}

bool members::flag(std::string_view name) const {
    const auto value = raw(name);
    if (!value.empty() && value != "true" && value != "false") fault(name, "must be true or false");
    return value == "true";
}

std::optional<siem::timestamp> members::time(std::string_view name) const {
    if (!has(name)) return std::nullopt;
    const auto value = text(name);
    const auto at = siem::parse_time(value);
    if (!at && json::is_string(raw(name))) fault(name, "must be a time as RFC 3339 writes it");
    return at;
}

std::vector<std::string_view> members::list(std::string_view name) const {
    std::vector<std::string_view> all;
    const auto value = raw(name);
    if (value.empty()) return all;
    if (value.front() != '[') {
        fault(name, "must be a list");
        return all;
    }
    for (json::walk items(value); items.next();) {
        if (all.size() == found_->within().items_max) {
            fault(name, "has more than " + std::to_string(found_->within().items_max) + " items");
            break;
        }
        all.push_back(items.value());
    }
    return all;
}

std::vector<std::string> members::texts(std::string_view name) const {
    std::vector<std::string> all;
    for (const auto item : list(name))
        all.push_back(decoded(std::string(name) + "[" + std::to_string(all.size()) + "]", item));
    return all;
}

std::vector<members> members::objects(std::string_view name) const {
    std::vector<members> all;
    for (const auto item : list(name))
        all.emplace_back(item, path_ + "." + std::string(name) + "[" + std::to_string(all.size()) + "]", stix_id_,
                         *found_);
    return all;
}

void members::fault(std::string_view name, std::string detail) const {
    found_->fault(path_ + "." + std::string(name), stix_id_, std::move(detail));
}

std::string peek_text(std::string_view object, std::string_view name) {
    const auto value = json::member_of(object, name);
    return value && json::is_string(*value) ? json::text_of(*value) : std::string{};
}

}  // namespace carrel::attack
