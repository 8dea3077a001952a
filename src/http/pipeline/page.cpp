#include "http/pipeline/page.hpp"

#include "http/pipeline/page_files.hpp"
#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

// Whether one tag of an `If-None-Match` is the file's, packed or not: it is the same file.
bool lists_tag(std::string_view list, std::string_view tag) noexcept {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = trimmed(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
        if (one == "*") return true;
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one.size() < 2 || one.front() != '"' || one.back() != '"') continue;
        one = one.substr(1, one.size() - 2);
        if (one.ends_with(packed_tag_end)) one.remove_suffix(packed_tag_end.size());
        if (one == tag) return true;
    }
    return false;
}

}  // namespace

bool is_for_page(const exchange& ex, const endpoint& found) noexcept {
    if (found.what == action::page) return true;
    return ex.request.accepts_html && found.shipper != nullptr && found.shipper->is_for_programs;
}

void answer_page(exchange& ex, const request_head& head, std::string_view path) {
    const page_file* const file = page_files::instance().find(path);
    if (file == nullptr) return ex.refuse(refusal::not_found, "There is nothing at this path.");
    auto& response = ex.response;
    response.page = file;
    response.is_gzip = ex.request.accepts_gzip && !file->packed.empty();
    if (lists_tag(head[field::if_none_match], file->tag)) return ex.answer(304, content::none);
    response.reply.body = response.is_gzip ? file->packed : file->text;
    ex.answer(200, content::page);
}

}  // namespace carrel::http
