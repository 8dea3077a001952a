#include "shippers/made_json.hpp"

#include "base/utf8.hpp"
#include "json/walk.hpp"
#include "query/limits.hpp"
#include "siem/text_trim.hpp"

namespace carrel::shippers {

std::string as_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto found = json::first_code_point(bytes);
        if (found.size == 0) text.append("\xEF\xBF\xBD");
        else text.append(bytes.substr(0, found.size));
        bytes.remove_prefix(found.size == 0 ? 1 : found.size);
    }
    return text;
}

bool is_object_text(std::string_view text) noexcept {
    return text.starts_with('{') && json::is_json(text, query::json_depth_max - 1);
}

void write_message(json::writer& out, std::string_view otherwise, std::string_view message) {
    const std::string_view text = siem::trimmed(message);
    if (is_object_text(text)) out.key("event").raw(text);
    else out.key(otherwise).string(as_utf8(message));
}

}  // namespace carrel::shippers
