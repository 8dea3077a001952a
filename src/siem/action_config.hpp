#pragma once

#include "resource/operation.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the settings of an action may be, per type, as data.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class action_type { webhook, jira, email, slack };
inline constexpr std::array<std::string_view, 4> action_types = {"webhook", "jira", "email", "slack"};

enum class member_kind { text, url, host, port, address, addresses, headers, choice };

struct config_member {
    std::string_view name;
    member_kind kind = member_kind::text;
    bool is_required = false;
    bool is_secret = false;  // kept sealed, and in no reply
    std::size_t max = 0;     // characters of a text
    std::span<const std::string_view> choices = {};
};

std::span<const config_member> members_of(action_type type);

/// What is wrong with one value of a member, whose path is `path`.
void check_member(const config_member& rules, const boost::json::value& given, const std::string& path,
                  std::vector<fault>& faults);
/// The rule of a secret member of any type, to check its value before it is sealed.
const config_member* secret_member(std::string_view name);

/// What is wrong with the members that are no secrets, and with which there are: `secrets` are the names that are set.
void check_config(action_type type, const boost::json::object& config, std::span<const std::string> secrets,
                  std::vector<fault>& faults);

}  // namespace carrel::siem
