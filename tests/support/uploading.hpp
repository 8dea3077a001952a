#pragma once

#include "siem/uploads.hpp"
#include "support/domain.hpp"

#include <string>
#include <string_view>

namespace carrel::testing {

/// What a client says of a file it sends.
struct sent_file {
    std::string_view bytes;
    std::string_view name = "file.txt";
    std::string_view type = "text/plain";
    std::string_view disposition = {};
    std::size_t bytes_max = 0;
};

inline answer upload(domain& d, std::string_view path, const sent_file& file, const domain::tweak& more = {}) {
    domain::query parameters;
    if (!file.name.empty()) parameters.emplace_back("file_name", file.name);
    return d.send(siem::method::post, path, {}, parameters, [&](siem::call& request) {
        request.file = file.bytes;
        request.content_type = file.type;
        request.content_disposition = file.disposition;
        request.file_bytes_max = file.bytes_max;
        request.principal = "ada";
        request.address = "192.0.2.9";
        if (more) more(request);
    });
}

/// A form of parts, each with its own headers.
inline std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> parts,
                        std::string_view boundary = "frontier") {
    std::string made;
    for (const auto& [head, bytes] : parts)
        made.append("--")
            .append(boundary)
            .append("\r\n")
            .append(head)
            .append(head.empty() ? "" : "\r\n")
            .append("\r\n")
            .append(bytes)
            .append("\r\n");
    return made.append("--").append(boundary).append("--\r\n");
}
inline constexpr std::string_view form_type = "multipart/form-data; boundary=frontier";
inline constexpr std::string_view file_head =
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain";

/// All pieces of a file that a download sends; `what` tells of the first.
inline std::string downloaded(domain& d, std::string_view path, answer& first, std::string range = {},
                              std::string if_range = {}) {
    const auto ask = [&](siem::call& request) {
        request.range = range;
        request.if_range = if_range;
    };
    first = d.send(siem::method::get, path, {}, {}, ask);
    std::string all = first.reply.body;
    for (auto rest = std::move(first.reply.rest); rest != nullptr;) {
        auto next =
            d.send(siem::method::get, path, {}, {}, [&](siem::call& request) { request.parsed = std::move(rest); });
        all += next.reply.body;
        rest = std::move(next.reply.rest);
    }
    return all;
}

}  // namespace carrel::testing
