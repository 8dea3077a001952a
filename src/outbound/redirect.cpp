#include "outbound/redirect.hpp"

#include <algorithm>
#include <array>

namespace carrel::outbound {
namespace {

using base::failure;

constexpr std::size_t method_bytes_max = 32;

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

// What says where a message goes or how it is framed is this client's.
bool is_ours(std::string_view lower_case_name) {
    constexpr std::array<std::string_view, 10> names{
        "accept-encoding", "connection",        "content-length", "expect", "host", "keep-alive", "te",
        "trailer",         "transfer-encoding", "upgrade"};
    return std::find(names.begin(), names.end(), lower_case_name) != names.end();
}

// Of what a caller sends, what another origin may see.
bool is_harmless(std::string_view lower_case_name) {
    constexpr std::array<std::string_view, 4> names{"accept", "accept-language", "content-type", "user-agent"};
    return std::find(names.begin(), names.end(), lower_case_name) != names.end();
}

bool is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

base::outcome<void> check_request(const request& what) {
    if (!is_token(what.method) || what.method.size() > method_bytes_max || lower(what.method) == "connect")
        return failure{"the method is none that can be sent"};
    for (const auto& each : what.fields) {
        if (!is_token(each.name)) return failure{"a header's name has a character that no name has"};
        if (is_ours(lower(each.name))) return failure{"the header ", each.name, " cannot be chosen"};
        if (!is_value(each.value)) return failure{"the value of the header ", each.name, " has a control character"};
    }
    return {};
}

base::outcome<std::optional<step>> next_step(const step& last, const response& answer) {
    const auto location = answer.field("location");
    if (!is_redirect(answer.status) || location.empty()) return std::optional<step>();
    auto to = resolve_reference(last.to, location);
    if (!to) return failure{"the redirect of ", last.to.origin(), " is refused: ", to.error().text};
    if (last.to.is_tls && !to->is_tls)
        return failure{"the redirect of ", last.to.origin(), " is refused: it leads from https to http"};
    step next{std::move(*to), last.method, last.fields, last.body};
    const auto drop = [&next](auto is_dropped) {
        std::erase_if(next.fields, [&](const header& each) { return is_dropped(lower(each.name)); });
    };
    const bool keeps_method =
        answer.status == 307 || answer.status == 308 || last.method == "GET" || last.method == "HEAD";
    if (!keeps_method) {
        next.method = "GET";
        next.body.clear();
        drop([](const std::string& name) { return name.starts_with("content-"); });
    }
    if (!next.to.is_same_origin(last.to)) drop([](const std::string& name) { return !is_harmless(name); });
    return std::optional<step>(std::move(next));
}

}  // namespace carrel::outbound
