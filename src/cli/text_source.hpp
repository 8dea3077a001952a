#pragma once

#include "base/inflater.hpp"

#include <carrel/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace carrel::cli {

/// The unpacked bytes of a file, gzip'd or not, or of stdin (`-`).
class text_source {
public:
    static result<text_source> open(const std::string& path);

    /// Adds more bytes behind what `into` holds. False at the end. A gzip file that ends too early, or has other bytes
    /// behind its data, is an error; what came before has been given out.
    result<bool> append_to(std::string& into);
    /// The share of the file that was read; 0 while that is unknown.
    double fraction() const;

private:
    class descriptor {
    public:
        explicit descriptor(int fd) noexcept
            : fd_(fd) {}
        descriptor(descriptor&& other) noexcept
            : fd_(std::exchange(other.fd_, -1)) {}
        descriptor& operator=(descriptor&& other) noexcept {
            std::swap(fd_, other.fd_);
            return *this;
        }
        ~descriptor();
        int get() const noexcept { return fd_; }

    private:
        int fd_;
    };
    text_source(descriptor file, std::int64_t size)
        : file_(std::move(file)),
          size_(size) {}
    result<bool> read_more();
    result<void> recognise();

    descriptor file_;
    std::int64_t size_;  // on disk
    std::int64_t taken_ = 0;
    std::string packed_;  // read, but not given out: [packed_at_, end)
    std::size_t packed_at_ = 0;
    std::unique_ptr<base::inflater> gzip_;  // empty: the file is plain
    bool recognised_ = false;
};

/// Whole lines, and which ones.
struct line_block {
    std::string text;
    std::int64_t first_line = 1;
    /// How many lines it holds; the last one of a file may lack its end.
    std::int64_t lines() const;
};

/// Cuts a source into blocks of whole lines.
class line_blocks {
public:
    line_blocks(text_source& from, std::size_t bytes_max)
        : from_(from),
          bytes_max_(bytes_max) {}

    /// The next block, at most `bytes_max` long unless a single line is longer. False at the end. A line beyond
    /// `line_bytes_max` is an error, and so is what the source reports, once the whole lines before it were given out.
    result<bool> next(line_block& into);

    static constexpr std::size_t line_bytes_max = 256u << 20;

private:
    text_source& from_;
    std::size_t bytes_max_;
    std::string rest_;  // read, but beyond the last block
    std::int64_t next_line_ = 1;
    bool at_end_ = false;
    std::optional<error> failure_;  // of the source
};

}  // namespace carrel::cli
