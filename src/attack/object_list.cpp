#include "attack/object_list.hpp"

#include "json/walk.hpp"

#include <algorithm>
#include <iterator>

namespace carrel::attack {

namespace {

constexpr std::size_t types_max = 256;  // that are counted one by one
constexpr std::string_view own_types[] = {"x-mitre-matrix",      "x-mitre-tactic",         "attack-pattern",
                                          "x-mitre-data-source", "x-mitre-data-component", "x-mitre-detection-strategy",
                                          "x-mitre-analytic"};
constexpr std::string_view own_relationships[] = {"subtechnique-of", "revoked-by", "detects"};

template <class Texts>
bool is_one_of(const Texts& texts, std::string_view text) {
    return std::find(std::begin(texts), std::end(texts), text) != std::end(texts);
}

bool any_id(std::string_view) noexcept { return true; }

}  // namespace

void object_list::read(std::string_view objects) {
    std::size_t position = 0;
    for (json::walk each(objects); each.next() && !found_.is_full(); ++position) {
        if (position == found_.within().objects_max)
            return found_.fault("objects", {}, "has more than " + std::to_string(position) + " objects");
        read_one(each.value(), position);
    }
}

void object_list::read_one(std::string_view object, std::size_t position) {
    const auto path = [position] { return "objects[" + std::to_string(position) + "]"; };
    if (object.front() != '{') return found_.fault(path(), {}, "must be an object");
    const auto type = peek_text(object, "type");
    if (type.empty()) return found_.fault(path() + ".type", peek_text(object, "id"), "must be a string");
    const auto counted = counts_.find(type);
    if (counted != counts_.end()) ++counted->second;
    else ++counts_[counts_.size() < types_max ? type.substr(0, 250) : "others"];

    const auto raw_id = json::member_of(object, "id").value_or("");
    const auto id = peek_text(object, "id");
    if (json::is_string(raw_id) && !stix_ids_.insert(raw_id).second)
        return found_.fault(path() + ".id", id, "another object has the id, too");
    const bool is_relationship =
        type == "relationship" && is_one_of(own_relationships, peek_text(object, "relationship_type"));
    if (!is_relationship && !is_one_of(own_types, type)) return;
    if (id.size() <= type.size() + 2 || id.size() > 200 || !id.starts_with(type + "--"))
        return found_.fault(path() + ".id", id.substr(0, 200), "must be `" + type + "--` and a UUID");

    const members all(object, path(), id, found_);
    if (is_relationship) keep_relationship(all);
    else keep(type, all);
}

void object_list::keep(std::string_view type, const members& object) {
    if (!has_room(object)) return;
    if (type == "x-mitre-matrix") keep_entry(all_.matrices, matrix_of(object), any_id);
    else if (type == "x-mitre-tactic") keep_entry(all_.tactics, tactic_of(object), is_tactic_id);
    else if (type == "attack-pattern") keep_entry(all_.techniques, technique_of(object), is_technique_id);
    else if (type == "x-mitre-data-source") keep_entry(all_.data_sources, data_source_of(object), is_data_source_id);
    else if (type == "x-mitre-data-component") all_.components.push_back(component_of(object));
    else if (type == "x-mitre-detection-strategy") all_.strategies.push_back(strategy_of(object));
    else all_.analytics.push_back(analytic_of(object));
}

// A relationship that was taken back says nothing.
void object_list::keep_relationship(const members& object) {
    if (!has_room(object)) return;
    relationship one{object.text("relationship_type"), object.text("id"), object.required_text("source_ref"),
                     object.required_text("target_ref")};
    if (!object.flag("revoked") && !object.flag("x_mitre_deprecated")) all_.relationships.push_back(std::move(one));
}

bool object_list::has_room(const members& object) {
    if (entries_ < found_.within().entries_max) {
        ++entries_;
        return true;
    }
    if (entries_++ == found_.within().entries_max)
        object.fault("id", "the bundle has more than " + std::to_string(entries_ - 1) + " objects of ATT&CK");
    return false;
}

template <class Entry>
void object_list::keep_entry(std::vector<Entry>& into, Entry one, bool (*is_id)(std::string_view) noexcept) {
    if (one.id.empty()) return found_.warning(one.stix_id, "skipped: it has no id of ATT&CK");
    if (!is_id(one.id))
        return found_.warning(one.stix_id, "skipped: `" + one.id.substr(0, 100) + "` is no id of ATT&CK for it");
    if (!ids_.insert(one.id).second)
        return found_.fault("objects", one.stix_id, "another object is " + one.id.substr(0, 100) + ", too");
    into.push_back(std::move(one));
}

}  // namespace carrel::attack
