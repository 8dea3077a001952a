#include "commit_archive/last_pages.hpp"

#include "commit_archive/block_reader.hpp"

namespace carrel::commits {
namespace {

// The blocks of a file from the last one on that holds a numbered commit.
result<std::vector<block>> last_blocks(const std::string& path) {
    auto reader = block_reader::open(path);
    if (!reader) return reader.error();
    std::vector<block> found;
    for (auto sequence = reader->header().sequence;;) {
        auto next = reader->next();
        if (!next) return next.error();
        if (!*next) return found;
        const auto last = (*next)->commits.empty() ? sequence : (*next)->commits.back().sequence;
        if (last == sequence && found.empty()) continue;
        if (last != sequence) found.clear();
        sequence = last;
        found.push_back(std::move(**next));
    }
}

}  // namespace

result<pages> last_pages(const generation& of) {
    pages written;
    for (auto each = of.files.rbegin(); each != of.files.rend(); ++each) {
        const auto blocks = last_blocks(each->path);
        if (!blocks) return blocks.error();
        // What marks the file is in its first page alone, and that is compared by its header.
        if (blocks->empty()) continue;
        for (const auto& one : *blocks) {
            const auto frames = frames_of(one);
            if (!frames)
                return error(make_error_code(sqlite_errc::corrupt), each->path + ": frames cannot be unpacked");
            (void)check_frames(one, *frames, [&](const frame& page, std::uint32_t) {
                if (page.page != 1) written[page.page] = page.content;
            });
        }
        const auto last = blocks->back().commits.empty() ? 0 : blocks->back().commits.back().pages;
        written.erase(written.upper_bound(last), written.end());
        break;
    }
    return written;
}

}  // namespace carrel::commits
