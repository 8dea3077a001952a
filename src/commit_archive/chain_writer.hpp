#pragma once

#include "commit_archive/catalogue.hpp"
#include "commit_archive/file.hpp"
#include "commit_archive/log_reader.hpp"
#include "commit_archive/position.hpp"

#include <chrono>
#include <cstdint>
#include <string>

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
    /// Also closes the file if it is large or old. An error if somebody has taken it away; then nothing more may be written, either.
    result<void> sync(std::size_t file_bytes, std::chrono::seconds file_time);
    bool has_failed() const noexcept { return has_failed_; }
    /// Closes the file and gives it its name; it never changes from then on. An empty one is removed.
    result<void> close_file();
    /// Says why the chain ends here.
    result<void> end(const std::string& why);

private:
    chain_writer() = default;
    result<void> open_file();
    result<void> sync_file();

    std::string path_;
    std::uint32_t generation_ = 0, serial_ = 0;
    std::size_t page_bytes_ = 0;
    position at_;
    digest chain_{};
    file current_;
    std::uint64_t length_ = 0, synced_ = 0, bytes_written_ = 0;
    std::chrono::steady_clock::time_point file_begun_;
    bool has_failed_ = false;
};

}  // namespace carrel::commits
