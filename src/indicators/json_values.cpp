#include "indicators/json_values.hpp"

namespace carrel::indicators {

std::string_view value_at(std::string_view object, std::string_view path) {
    if (!object.starts_with('{')) return {};
    const auto whole = json::member_of(object, path);
    if (whole) return *whole == "null" ? std::string_view{} : *whole;
    const auto dot = path.find('.');
    if (dot == path.npos) return {};
    return value_at(json::member_of(object, path.substr(0, dot)).value_or(""), path.substr(dot + 1));
}

std::string scalar_text(std::string_view value) {
    return value.empty() || value.front() == '{' || value.front() == '[' || value == "null" ? std::string{}
                                                                                            : json::text_of(value);
}

std::vector<std::string> texts_of(std::string_view value, std::string_view name) {
    std::vector<std::string> all;
    const auto add = [&](std::string text) {
        if (!text.empty()) all.push_back(std::move(text));
    };
    if (!value.starts_with('[')) add(scalar_text(value));
    else
        for (json::walk each(value); each.next();)
            add(each.value().front() == '{' && !name.empty() ? text_at(each.value(), name) : scalar_text(each.value()));
    return all;
}

}  // namespace carrel::indicators
