#include "shippers/made_json.hpp"

#include "base/utf8.hpp"
#include "json/walk.hpp"
#include "query/limits.hpp"
#include "siem/text_trim.hpp"

namespace carrel::shippers {

bool is_object_text(std::string_view text) noexcept {
    return text.starts_with('{') && json::is_json(text, query::json_depth_max - 1);
}

void write_message(json::writer& out, std::string_view otherwise, std::string_view message) {
    const std::string_view text = siem::trimmed(message);
    if (is_object_text(text)) out.key("event").raw(text);
    else out.key(otherwise).string(json::as_utf8(message));
}

}  // namespace carrel::shippers
