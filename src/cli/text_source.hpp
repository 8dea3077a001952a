#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace carrel::cli {

/// The unpacked bytes of a file, gzip'd or not, or of stdin (`-`).
class text_source {
public:
    static result<text_source> open(const std::string& path);

    /// Reads up to `bytes` behind what `into` holds. False at the end. A gzip file that ends too early is an error.
    result<bool> append_to(std::string& into, std::size_t bytes);
    /// The share of the file that was read; 0 while that is unknown.
    double fraction() const;

private:
    struct closer {
        void operator()(gzFile_s* file) const noexcept;
    };
    text_source(std::string path, gzFile_s* file, std::int64_t size)
        : path_(std::move(path)),
          file_(file),
          size_(size) {}

    std::string path_;
    std::unique_ptr<gzFile_s, closer> file_;
    std::int64_t size_;  // on disk
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
    /// `line_bytes_max` is an error.
    result<bool> next(line_block& into);

    static constexpr std::size_t line_bytes_max = 256u << 20;

private:
    text_source& from_;
    std::size_t bytes_max_;
    std::string rest_;  // read, but beyond the last block
    std::int64_t next_line_ = 1;
    bool at_end_ = false;
};

}  // namespace carrel::cli
