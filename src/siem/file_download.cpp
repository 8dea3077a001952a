#include "siem/file_download.hpp"

#include "resource/problems.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::siem {

namespace {

struct file_piece final : input {
    blob_info blob;
    std::int64_t at = 0, end = 0;
};

// Beyond what a number holds is beyond any file.
std::optional<std::int64_t> number_of(std::string_view text) noexcept {
    constexpr std::int64_t most = std::int64_t{1} << 62;
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::min(number, most) : most;
}

std::string tag_of(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

result<void> send_piece(read_session& session, const file_piece& piece, reply& into) {
    if (auto done = read_blob(session, piece.blob, piece.at, piece.end - piece.at, into.body); !done) return done;
    auto next = std::make_unique<file_piece>();
    next->blob = piece.blob;
    next->at = piece.at + static_cast<std::int64_t>(into.body.size());
    next->end = piece.end;
    if (next->at < next->end) into.rest = std::move(next);
    return {};
}

}  // namespace

std::optional<byte_range> read_range(std::string_view text, std::int64_t size) noexcept {
    constexpr std::string_view unit = "bytes=";
    if (!text.starts_with(unit)) return std::nullopt;
    text.remove_prefix(unit.size());
    const auto dash = text.find('-');
    if (dash == text.npos || text.find(',') != text.npos) return std::nullopt;
    const auto first = number_of(text.substr(0, dash)), last = number_of(text.substr(dash + 1));
    if (dash == 0) {
        if (!last) return std::nullopt;
        return byte_range{size - std::min(*last, size), size};
    }
    if (!first || (dash + 1 < text.size() && !last) || (last && *last < *first)) return std::nullopt;
    if (*first >= size) return byte_range{};
    return byte_range{*first, last ? std::min(*last + 1, size) : size};
}

result<void> send_file(read_session& session, const call& request, stored_file of, reply& into) {
    const std::int64_t size = of.blob.size;
    byte_range part{0, size};
    const bool may_be_part = request.if_range.empty() || request.if_range == tag_of(of.version);
    const auto wanted = may_be_part ? read_range(request.range, size) : std::nullopt;
    if (wanted && wanted->begin == wanted->end) {
        into.content_range = "bytes */" + std::to_string(size);
        return refuse(into,
                      {problem_code::range_not_satisfiable, "The file has " + std::to_string(size) + " bytes.", {}});
    }
    if (wanted) {
        part = *wanted;
        into.content_range =
            "bytes " + std::to_string(part.begin) + "-" + std::to_string(part.end - 1) + "/" + std::to_string(size);
    }
    into.version = of.version;
    into.media_type = of.media_type;
    into.file_name = std::move(of.file_name);
    into.length = static_cast<std::uint64_t>(part.end - part.begin);
    file_piece first;
    first.blob = of.blob;
    first.at = part.begin;
    first.end = part.end;
    return send_piece(session, first, into);
}

bool is_next_piece(const call& request) noexcept {
    return dynamic_cast<const file_piece*>(request.parsed.get()) != nullptr;
}

result<void> send_next_piece(read_session& session, const call& request, reply& into) {
    return send_piece(session, static_cast<const file_piece&>(*request.parsed), into);
}

}  // namespace carrel::siem
