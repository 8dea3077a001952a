#include "sigma/member_reader.hpp"

namespace carrel::sigma {

const yaml_node* member_reader::find(std::string_view name) const {
    const yaml_node* found = map_.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

void member_reader::refuse(std::string_view name, std::string detail) const {
    const yaml_node* at = map_.find(name);
    log_.add(at == nullptr ? map_ : *at, std::string(name) + " " + std::move(detail));
}

std::optional<std::string> member_reader::text(std::string_view name) const {
    const yaml_node* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (found->is_text() && std::holds_alternative<std::string>(resolve(*found))) return found->text;
    refuse(name, "must be a text; a number or a bool needs quotes");
    return std::nullopt;
}

void member_reader::append(std::vector<std::string>& to, const yaml_node& item, std::string_view name) const {
    if (item.is_text()) to.push_back(item.text);
    else log_.add(item, std::string(name) + " must hold texts");
}

std::vector<std::string> member_reader::texts(std::string_view name) const {
    const yaml_node* found = find(name);
    std::vector<std::string> all;
    if (found == nullptr) return all;
    if (!found->is_list()) refuse(name, "must be a list");
    if (found->items.size() > list_max) {
        refuse(name, "has more than " + std::to_string(list_max) + " items");
        return all;
    }
    for (const yaml_node* each : found->items) append(all, *each, name);
    return all;
}

std::vector<std::string> member_reader::text_or_texts(std::string_view name) const {
    const yaml_node* found = find(name);
    if (found == nullptr || !found->is_text()) return texts(name);
    return {found->text};
}

std::optional<bool> member_reader::truth(std::string_view name) const {
    const yaml_node* found = find(name);
    if (found == nullptr) return std::nullopt;
    const yaml_scalar scalar = resolve(*found);
    if (const auto* read = std::get_if<bool>(&scalar)) return *read;
    refuse(name, "must be true or false");
    return std::nullopt;
}

}  // namespace carrel::sigma
