#include "commit_archive/format.hpp"

#include "commit_archive/bytes.hpp"
#include "commit_archive/pack.hpp"

#include <algorithm>

namespace carrel::commits {
namespace {

constexpr std::string_view file_magic = "CARRELWA";
constexpr std::uint32_t version = 1;

digest digest_of(std::string_view bytes) {
    base::sha256 sum;
    sum.update(bytes);
    return sum.value();
}

std::string_view text_of(const digest& sum) { return {reinterpret_cast<const char*>(sum.data()), sum.size()}; }

digest digest_from(std::string_view bytes) {
    digest sum{};
    std::copy_n(bytes.begin(), sum.size(), sum.begin());
    return sum;
}

page_header page_header_from(std::string_view bytes) {
    page_header header{};
    std::copy_n(bytes.begin(), header.size(), header.begin());
    return header;
}

// Of the digest before it and all of a block but the digest itself.
digest chained(const digest& before, std::string_view head, std::string_view rest) {
    base::sha256 sum;
    sum.update(text_of(before));
    sum.update(head);
    sum.update(rest);
    return sum.value();
}

std::string written_head(const block_head& head) {
    std::string out(block_magic);
    put(out, head.commits);
    put(out, head.frames);
    put(out, head.first_frame);
    put(out, head.unsynced_bytes);
    put(out, head.packed_bytes);
    out += head.run.bytes();
    for (const auto& sum : {head.before, head.after})
        for (const auto part : sum) put(out, part);
    out.append(head.first_page.data(), head.first_page.size());
    out += text_of(digest_of(out)).substr(0, 4);
    return out;
}

}  // namespace

std::string written(const file_header& header) {
    std::string out(file_magic);
    put(out, version);
    put(out, header.generation);
    put(out, header.serial);
    put(out, header.page_bytes);
    put(out, header.sequence);
    put(out, header.time);
    out.append(header.first_page.data(), header.first_page.size());
    out += text_of(header.before);
    out += text_of(digest_of(out));
    return out;
}

std::optional<file_header> parse_file_header(std::string_view bytes) {
    if (bytes.size() < file_header_bytes || !bytes.starts_with(file_magic)) return std::nullopt;
    const auto checked = bytes.substr(0, file_header_bytes - digest_bytes);
    if (bytes.substr(checked.size(), digest_bytes) != text_of(digest_of(checked))) return std::nullopt;
    taker from(checked.substr(file_magic.size()));
    if (from.number<std::uint32_t>() != version) return std::nullopt;
    file_header header;
    header.generation = from.number<std::uint32_t>();
    header.serial = from.number<std::uint32_t>();
    header.page_bytes = from.number<std::uint32_t>();
    header.sequence = from.number<std::uint64_t>();
    header.time = from.number<std::int64_t>();
    header.first_page = page_header_from(from.text(first_page_header_bytes));
    header.before = digest_from(from.text(digest_bytes));
    return header;
}

std::optional<block_head> parse_block_head(std::string_view bytes) {
    if (bytes.size() < block_head_bytes || !bytes.starts_with(block_magic)) return std::nullopt;
    const auto checked = bytes.substr(0, block_head_bytes - 4);
    if (bytes.substr(checked.size(), 4) != text_of(digest_of(checked)).substr(0, 4)) return std::nullopt;
    taker from(checked.substr(block_magic.size()));
    block_head head;
    head.commits = from.number<std::uint32_t>();
    head.frames = from.number<std::uint32_t>();
    head.first_frame = from.number<std::uint32_t>();
    head.unsynced_bytes = from.number<std::uint32_t>();
    head.packed_bytes = from.number<std::uint64_t>();
    const auto run = wal_header::parse(from.text(wal_header_bytes));
    if (!run) return std::nullopt;
    head.run = *run;
    for (auto* sum : {&head.before, &head.after})
        for (auto& part : *sum) part = from.number<std::uint32_t>();
    head.first_page = page_header_from(from.text(first_page_header_bytes));
    const bool is_possible = head.frame_bytes() <= block_frame_bytes_max && head.commits <= head.frames &&
                             head.packed_bytes <= packed_bytes_max(head.frame_bytes());
    return is_possible ? std::optional(head) : std::nullopt;
}

std::string written(block_head head, const std::vector<commit>& commits, std::string_view frames, digest& chain) {
    const std::string packed = pack(frames);
    head.frames = static_cast<std::uint32_t>(frames.size() / head.run.frame_bytes());
    head.commits = static_cast<std::uint32_t>(commits.size());
    head.packed_bytes = packed.size();
    std::string out = written_head(head);
    out.reserve(out.size() + head.rest_bytes());
    for (const auto& each : commits) {
        put(out, each.sequence);
        put(out, each.time);
        put(out, each.frames);
        put(out, each.pages);
        put(out, each.flags);
    }
    out += packed;
    const std::string_view all = out;
    chain = chained(chain, all.substr(0, block_head_bytes), all.substr(block_head_bytes));
    out += text_of(chain);
    return out;
}

std::optional<block> parse_block(const block_head& head, std::string_view head_bytes, std::string_view rest,
                                 digest& chain) {
    if (rest.size() != head.rest_bytes()) return std::nullopt;
    const auto checked = rest.substr(0, rest.size() - digest_bytes);
    const auto next = chained(chain, head_bytes, checked);
    if (rest.substr(checked.size()) != text_of(next)) return std::nullopt;
    block found{head, {}, {}};
    found.commits = commits_from(checked.substr(0, std::size_t{head.commits} * commit_bytes));
    found.packed = checked.substr(std::size_t{head.commits} * commit_bytes);
    chain = next;
    return found;
}

std::vector<commit> commits_from(std::string_view list) {
    std::vector<commit> found(list.size() / commit_bytes);
    taker from(list);
    for (auto& each : found) {
        each.sequence = from.number<std::uint64_t>();
        each.time = from.number<std::int64_t>();
        each.frames = from.number<std::uint32_t>();
        each.pages = from.number<std::uint32_t>();
        each.flags = from.number<std::uint32_t>();
    }
    return found;
}

std::optional<std::string> frames_of(const block& from) { return unpack(from.packed, from.head.frame_bytes()); }

}  // namespace carrel::commits
