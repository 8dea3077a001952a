#pragma once

#include "commit_archive/catalogue.hpp"
#include "commit_archive/file.hpp"
#include "commit_archive/log_reader.hpp"
#include "commit_archive/position.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace carrel::commits {

/// Writes the files of one generation. What fails to be written leaves no trace and may be tried again; after a failed sync
/// nobody knows what is there, and nothing more may be written. Used by one thread at a time.
class chain_writer {
public:
    /// Makes the directory of a generation that begins at `from`. Errors: the system's; nothing is left then.
    static result<chain_writer> begin(const std::string& directory, std::uint32_t generation, std::size_t page_bytes,
                                      const position& from);
    /// Goes on with a generation: closes the file that a crash left open, without a write that was broken off. Errors also: `corrupt`.
    static result<chain_writer> resume(const generation& from);

    const position& at() const noexcept { return at_; }
    std::uint32_t generation_number() const noexcept { return generation_; }
    std::size_t page_bytes() const noexcept { return page_bytes_; }
    const std::string& path() const noexcept { return path_; }
    std::uint64_t bytes_written() const noexcept { return bytes_written_; }

    /// Appends a block. On stable storage after `sync`.
    result<void> append(const gathered& what);
    /// Also closes the file if it is large or old. An error if somebody has taken it away.
    result<void> sync(std::size_t file_bytes, std::chrono::seconds file_time);
    bool has_failed() const noexcept { return has_failed_; }
    /// Whether what was written is not at its path any more. Nothing may be written before `reopen`.
    bool is_displaced() const noexcept { return is_displaced_; }
    /// Goes on with the files that are at the path now: what was synced must be there, and what was not may be. Errors: `corrupt` if
    /// they are not what was written here, or are not there; the system's, and then it may be tried again.
    result<void> reopen();
    /// Closes the file and gives it its name; it never changes from then on. An empty one is removed.
    result<void> close_file();
    /// Says why the chain ends here.
    result<void> end(const std::string& why);

private:
    chain_writer() = default;
    /// What a chain has come to, and what its file must hold for it.
    struct state {
        position at;
        digest chain{};
    };
    result<void> open_file();
    result<void> sync_file();
    bool matches(const state& one) const noexcept;

    std::string path_;
    std::uint32_t generation_ = 0, serial_ = 0;
    std::size_t page_bytes_ = 0;
    position at_;
    digest chain_{};
    file current_;
    std::uint64_t length_ = 0, synced_ = 0, bytes_written_ = 0;
    std::uint64_t begun_length_ = 0;  // of the file, before its first commit
    std::chrono::steady_clock::time_point file_begun_;
    std::vector<state> reached_;  // what was synced last, and what was appended since
    bool has_failed_ = false, is_displaced_ = false;
};

}  // namespace carrel::commits
