#include "sigma/metadata_reader.hpp"

#include "base/utf8.hpp"
#include "sigma/rule_date.hpp"

#include <algorithm>
#include <array>

namespace carrel::sigma {

namespace {

constexpr std::array<std::string_view, 5> levels{"informational", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 5> statuses{"unsupported", "deprecated", "experimental", "test", "stable"};

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return text;
}
std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
    return text;
}

template <class Enum, std::size_t Size>
std::optional<Enum> read_name(const member_reader& members, std::string_view member,
                              const std::array<std::string_view, Size>& names) {
    const std::optional<std::string> text = members.text(member);
    if (!text) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), lower(*text));
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
    std::string all;
    for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
    members.refuse(member, "must be one of " + all);
    return std::nullopt;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

/// `t1059`, `t1059.001`
bool is_technique(std::string_view text) noexcept {
    const auto digits = [](std::string_view of) { return std::all_of(of.begin(), of.end(), is_digit); };
    if (text.size() != 5 && text.size() != 9) return false;
    return text.front() == 't' && digits(text.substr(1, 4)) &&
           (text.size() == 5 || (text[5] == '.' && digits(text.substr(6))));
}
/// `g0016`, `s0002`, `c0001`: what other objects of ATT&CK are called
bool is_object(std::string_view text) noexcept {
    return text.size() > 1 && std::all_of(text.begin() + 1, text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

void take_tag(rule& into, const std::string& tag) {
    constexpr std::string_view prefix = "attack.";
    std::string name = lower(tag);
    if (!name.starts_with(prefix)) return;
    name.erase(0, prefix.size());
    if (name.empty()) return;
    std::vector<std::string>* all = nullptr;
    if (is_technique(name)) {
        all = &into.mitre_techniques;
        name = upper(std::move(name));
    } else if (!is_object(name)) {
        all = &into.mitre_tactics;
        std::replace(name.begin(), name.end(), '_', '-');
    }
    if (all != nullptr && std::find(all->begin(), all->end(), name) == all->end()) all->push_back(std::move(name));
}

void read_tags(rule& into, const member_reader& members, fault_log& log) {
    const yaml_node* list = members.find("tags");
    into.tags = members.texts("tags");
    for (const std::string& tag : into.tags) take_tag(into, tag);
    if (list == nullptr) return;
    for (const yaml_node* each : list->items)
        if (each->is_text() && each->text.find('.') == each->text.npos)
            log.add(*each, "a tag has a namespace in front, as in attack." + each->text);
}

void read_date_member(std::string& into, const member_reader& members, std::string_view name) {
    const yaml_node* found = members.find(name);
    if (found == nullptr) return;
    auto date = found->is_text() ? read_date(found->text) : std::nullopt;
    if (date) into = std::move(*date);
    else members.refuse(name, "must be a date such as 2024-01-31");
}

void read_title(rule& into, const member_reader& members) {
    if (members.find("title") == nullptr) return members.refuse("title", "is missing");
    into.title = members.text("title").value_or("");
    const yaml_node& node = *members.find("title");
    if (node.is_text() && node.text.empty()) members.refuse("title", "is empty");
    if (json::count_code_points(into.title) > title_max)
        members.refuse("title", "is longer than " + std::to_string(title_max) + " characters");
}

void read_name_member(rule& into, const member_reader& members) {
    into.name = members.text("name").value_or("");
    if (members.find("name") != nullptr && members.find("name")->is_text() && members.find("name")->text.empty())
        members.refuse("name", "is empty");
}

/// Members that are not kept, but would be refused by other readers.
void check_others(const member_reader& members) {
    members.texts("scope");
    members.text("taxonomy");
    const yaml_node* related = members.find("related");
    if (related != nullptr && !related->is_list()) members.refuse("related", "must be a list");
    if (members.find("action") != nullptr)
        members.refuse("action", "belongs to collections, which Sigma 2 does not have");
}

}  // namespace

std::string_view name_of(level of) noexcept { return levels[static_cast<std::size_t>(of)]; }
std::string_view name_of(status of) noexcept { return statuses[static_cast<std::size_t>(of)]; }

void read_metadata(rule& into, const member_reader& members, fault_log& log) {
    read_title(into, members);
    into.id = lower(members.text("id").value_or(""));
    if (members.find("id") != nullptr && members.find("id")->is_text() && !is_uuid(into.id))
        members.refuse("id", "must be a UUID");
    read_name_member(into, members);
    into.description = members.text("description").value_or("");
    into.author = members.text("author").value_or("");
    into.license = members.text("license").value_or("");
    read_date_member(into.date, members, "date");
    read_date_member(into.modified, members, "modified");
    into.level = read_name<level>(members, "level", levels);
    into.status = read_name<status>(members, "status", statuses);
    into.references = members.texts("references");
    into.false_positives = members.texts("falsepositives");
    into.fields = members.texts("fields");
    read_tags(into, members, log);
    check_others(members);
}

void read_log_source(log_source& into, const member_reader& members, fault_log& log) {
    const yaml_node* node = members.find("logsource");
    if (node == nullptr) return members.refuse("logsource", "is missing");
    if (!node->is_map()) return members.refuse("logsource", "must be a map");
    const member_reader inner(*node, log);
    into.category = inner.text("category");
    into.product = inner.text("product");
    into.service = inner.text("service");
    into.definition = inner.text("definition");
    const bool named =
        inner.find("category") != nullptr || inner.find("product") != nullptr || inner.find("service") != nullptr;
    if (!named) members.refuse("logsource", "names none of category, product and service");
}

}  // namespace carrel::sigma
