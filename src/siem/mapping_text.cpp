#include "siem/mapping_text.hpp"

#include "json/writer.hpp"
#include "query/limits.hpp"
#include "resource/field.hpp"
#include "resource/problems.hpp"

#include <boost/json/parse.hpp>

#include <deque>
#include <optional>

namespace carrel::siem {

namespace {

constexpr std::size_t alias_bytes_max = 256;

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }

// A mapping's texts, which the table points at.
struct compiled {
    std::deque<std::string> paths;
    std::optional<event_mappings> table;
};

bool is_path(std::string_view text) { return !text.empty() && text.size() <= query::path_max; }
std::string path_rule() { return "has a path that is not of 1 to " + std::to_string(query::path_max) + " bytes"; }

const boost::json::object* object_of(const boost::json::value& given, std::string_view name,
                                     std::vector<fault>& faults) {
    const auto* object = given.if_object();
    if (object != nullptr && object->size() <= mapping_paths_max) return object;
    faults.push_back(
        {std::string(name), 0, "must be an object of at most " + std::to_string(mapping_paths_max) + " members"});
    return nullptr;
}

std::optional<std::int64_t> column_of(const boost::json::value& given) {
    const auto* text = given.if_string();
    return text == nullptr ? std::nullopt : index_of(event_column_names, view(*text));
}

}  // namespace

void check_mappings(const boost::json::value& given, std::vector<fault>& faults) {
    const auto* object = object_of(given, "mappings", faults);
    if (object == nullptr) return;
    for (const auto& [key, column] : *object) {
        const std::string_view path(key.data(), key.size());
        if (!is_path(path)) faults.push_back({"mappings", 0, path_rule()});
        else if (!column_of(column))
            faults.push_back({"mappings." + quoted(path), 0, "must be one of " + list_of(event_column_names)});
    }
}

void check_aliases(const boost::json::value& given, std::vector<fault>& faults) {
    const auto* object = object_of(given, "aliases", faults);
    if (object == nullptr) return;
    for (const auto& [key, path] : *object) {
        const std::string_view name(key.data(), key.size());
        if (name.empty() || name.size() > alias_bytes_max)
            faults.push_back(
                {"aliases", 0, "has a name that is not of 1 to " + std::to_string(alias_bytes_max) + " bytes"});
        else if (!path.is_string() || !is_path(view(path.get_string())))
            faults.push_back(
                {"aliases." + quoted(name), 0, "must be a path of 1 to " + std::to_string(query::path_max) + " bytes"});
    }
}

std::size_t count_paths(std::string_view mappings) {
    return boost::json::parse({mappings.data(), mappings.size()}).as_object().size();
}

std::shared_ptr<const event_mappings> compile_mappings(const std::vector<std::string>& texts) {
    auto made = std::make_shared<compiled>();
    std::vector<event_mapping> all;
    for (const std::string& text : texts) {
        const boost::json::value members = boost::json::parse(text);
        for (const auto& [path, column] : members.as_object())
            all.push_back({static_cast<event_column>(column_of(column).value()),
                           made->paths.emplace_back(path.data(), path.size())});
    }
    const auto builtin = builtin_mappings();
    all.insert(all.end(), builtin.begin(), builtin.end());
    made->table.emplace(all);
    return {made, &*made->table};
}

std::string builtin_mappings_text() {
    std::string text;
    json::writer out(text);
    out.begin_object();
    for (const event_mapping& each : builtin_mappings()) {
        const std::string_view column = event_column_names[static_cast<std::size_t>(each.into)];
        out.key(each.path);
        if (each.with.empty() && each.without.empty() && each.nothing.empty()) {
            out.string(column);
            continue;
        }
        out.begin_object().key("column").string(column);
        if (!each.with.empty()) out.key("with").string(each.with);
        if (!each.without.empty()) out.key("without").string(each.without);
        if (!each.nothing.empty()) out.key("nothing").string(each.nothing);
        out.end_object();
    }
    out.end_object();
    return text;
}

}  // namespace carrel::siem
