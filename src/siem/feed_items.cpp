#include "siem/feed_items.hpp"

#include "resource/problems.hpp"

namespace carrel::siem {

void feed_items::add(std::string_view file, std::int64_t line, std::string_view id, std::string_view result,
                     std::string_view detail) {
    if (++count_ > items_max) return;
    std::string item;
    json::writer out(item);
    out.begin_object();
    if (!file.empty()) out.key("file").string(quoted(file));
    if (line > 0) out.key("line").integer(line);
    if (!id.empty()) out.key("id").string(quoted(id));
    out.key("result").string(result);
    if (!detail.empty()) out.key("detail").string(detail.size() > detail_bytes_max ? quoted(detail) : detail);
    out.end_object();
    items_.append(items_.empty() ? "" : ",").append(item);
}

}  // namespace carrel::siem
