#include "commit_archive/block_reader.hpp"

#include "commit_archive/layout.hpp"

#include <cerrno>

namespace carrel::commits {
namespace {

// Whether no sound block from `from` on was written after `position` was synced. What was written between two syncs may be there in
// any part.
result<bool> is_unsynced(const file& in, std::uint64_t position, std::uint64_t from) {
    const auto size = in.size();
    if (!size) return size.error();
    // Pieces overlap by a header.
    constexpr std::size_t piece_bytes = 1u << 20;
    for (auto at = from; at < *size; at += piece_bytes) {
        const auto piece = in.read(at, piece_bytes + block_head_bytes);
        if (!piece) return piece.error();
        for (auto found = piece->find(block_magic); found != piece->npos; found = piece->find(block_magic, found + 1)) {
            const auto head = parse_block_head(std::string_view(*piece).substr(found));
            if (head && at + found > position + head->unsynced_bytes) return false;
        }
    }
    return true;
}

// Who writes it may have given it its name since it was found.
result<file> open_even_if_named(const std::string& path) {
    auto opened = file::open_to_read(path);
    if (!opened && opened.error().code().value() == ENOENT && path.ends_with(open_suffix))
        opened = file::open_to_read(path.substr(0, path.size() - std::string_view(open_suffix).size()));
    return opened;
}

}  // namespace

error block_reader::damage(const std::string& what) const {
    return {make_error_code(sqlite_errc::corrupt), file_.path() + ", byte " + std::to_string(position_) + ": " + what};
}

result<block_reader> block_reader::open(const std::string& path) {
    auto opened = open_even_if_named(path);
    if (!opened) return opened.error();
    const auto bytes = opened->read(0, file_header_bytes);
    if (!bytes) return bytes.error();
    const auto header = parse_file_header(*bytes);
    if (!header)
        return error(make_error_code(sqlite_errc::corrupt), path + ", byte 0: is no sound header of an archive's file");
    return block_reader(std::move(*opened), *header);
}

result<std::optional<block_head>> block_reader::next_head(std::string& bytes) {
    auto got = file_.read(position_, block_head_bytes);
    if (!got) return got.error();
    bytes = std::move(*got);
    if (bytes.empty()) return std::optional<block_head>();
    if (bytes.size() < block_head_bytes) return damage("the head of a block is cut");
    const auto head = parse_block_head(bytes);
    if (!head) return damage("is no sound head of a block");
    if (head->run.page_bytes() != header_.page_bytes) return damage("the page size differs from the file's");
    const auto size = file_.size();
    if (!size) return size.error();
    if (position_ + block_head_bytes + head->rest_bytes() > *size) return damage("a block is cut");
    return head;
}

result<std::optional<block>> block_reader::next() {
    std::string bytes;
    const auto head = next_head(bytes);
    if (!head) return head.error();
    if (!*head) return std::optional<block>();
    const auto rest = file_.read(position_ + block_head_bytes, (*head)->rest_bytes());
    if (!rest) return rest.error();
    auto found = parse_block(**head, bytes, *rest, chain_);
    if (!found) return damage("the digest of a block differs: it is damaged, or another is missing before it");
    position_ += block_head_bytes + rest->size();
    return found;
}

result<std::optional<block>> block_reader::skim() {
    std::string bytes;
    const auto head = next_head(bytes);
    if (!head) return head.error();
    if (!*head) return std::optional<block>();
    const auto end = position_ + block_head_bytes + (*head)->rest_bytes();
    const auto list = file_.read(position_ + block_head_bytes, std::size_t{(*head)->commits} * commit_bytes);
    if (!list) return list.error();
    block found{**head, {}, {}};
    found.commits = commits_from(*list);
    position_ = end;
    return std::optional(std::move(found));
}

// From behind the wrong block's first byte on.
result<bool> block_reader::is_torn() const { return is_unsynced(file_, position_, position_ + 1); }

result<bool> has_begun(const std::string& path) {
    const auto opened = open_even_if_named(path);
    if (!opened && opened.error().code().value() == ENOENT) return false;  // an empty one, which goes again
    if (!opened) return opened.error();
    const auto bytes = opened->read(0, file_header_bytes);
    if (!bytes) return bytes.error();
    if (parse_file_header(*bytes)) return true;
    const auto is_torn = is_unsynced(*opened, 0, 0);
    if (!is_torn) return is_torn.error();
    return !*is_torn;
}

}  // namespace carrel::commits
