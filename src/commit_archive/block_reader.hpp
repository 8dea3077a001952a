#pragma once

#include "commit_archive/file.hpp"
#include "commit_archive/format.hpp"

#include <optional>
#include <string>

namespace carrel::commits {

/// Reads a file of commits from its beginning. What is wrong is `corrupt`, with the path and the position.
class block_reader {
public:
    static result<block_reader> open(const std::string& path);

    const std::string& path() const noexcept { return file_.path(); }
    const file_header& header() const noexcept { return header_; }
    /// The next block, its digest compared; nothing at the end. After an error the position is that of the block that is wrong.
    result<std::optional<block>> next();
    /// The next block's list of commits, without a look at its digest.
    result<std::optional<block>> skim();
    /// Where the next block begins.
    std::uint64_t position() const noexcept { return position_; }
    /// The digest that the next block goes on from.
    const digest& chain() const noexcept { return chain_; }
    /// After an error: whether what was last written was broken off here. Else something that was on stable storage is wrong: a
    /// sound block follows that was written after this place was synced.
    result<bool> is_torn() const;
    /// An error about this place.
    error damage(const std::string& what) const;

private:
    block_reader(file from, const file_header& header)
        : file_(std::move(from)),
          header_(header),
          chain_(header.before) {}
    result<std::optional<block_head>> next_head(std::string& bytes);

    file file_;
    file_header header_;
    digest chain_;
    std::uint64_t position_ = file_header_bytes;
};

/// Whether anything in a file that is being written was ever on stable storage; else its beginning was broken off.
result<bool> has_begun(const std::string& path);

}  // namespace carrel::commits
