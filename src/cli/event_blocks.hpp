#pragma once

#include "base/digest.hpp"
#include "cli/text_source.hpp"
#include "siem/array_finder.hpp"
#include "siem/element_splitter.hpp"

#include <carrel/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::cli {

/// Whole lines, or the elements of an array as an array; and which ones.
struct event_block {
    std::string text;
    std::int64_t first_line = 1;  // or element
    bool is_array = false;
    std::string key = {};                                      // makes it the same when it is sent again; may be empty
    std::vector<std::pair<std::int64_t, std::string>> faults;  // of what is not in it: where, and what
    /// How many events it holds; the last line of a file may lack its end.
    std::int64_t lines() const;
    std::int64_t elements = 0;
};

/// How far a source was given out, and the SHA-256 of what that was.
struct file_mark {
    std::int64_t position = 0;  // in bytes of lines, or in elements
    std::int64_t line = 1;
    std::string digest;
};

/// Cuts a source into blocks.
class event_blocks {
public:
    event_blocks() = default;
    event_blocks(const event_blocks&) = delete;
    event_blocks& operator=(const event_blocks&) = delete;
    virtual ~event_blocks() = default;

    /// The next block, at most as long as was requested unless a single line or element is longer. False at the end. What
    /// the source reports is an error once all before it was given out.
    virtual result<bool> next(event_block& into) = 0;
    /// Passes over what an earlier run gave out. False if the source does not begin with it.
    virtual result<bool> skip(const file_mark& to) = 0;
    /// Behind the last block. Without its digest unless `keep_digest` was called at the beginning.
    virtual file_mark mark() const = 0;
    void keep_digest() { sum_.emplace(); }

protected:
    void note(std::string_view given) {
        if (sum_) sum_->update(given);
    }
    std::string digest() const { return sum_ ? sum_->text() : std::string(); }

private:
    std::optional<siem::digest> sum_;
};

/// Blocks of whole lines. A line beyond `line_bytes_max` is an error.
class line_blocks final : public event_blocks {
public:
    line_blocks(text_source& from, std::size_t bytes_max)
        : from_(from),
          bytes_max_(bytes_max) {}

    result<bool> next(event_block& into) override;
    result<bool> skip(const file_mark& to) override;
    file_mark mark() const override { return {given_, next_line_, digest()}; }

    static constexpr std::size_t line_bytes_max = 256u << 20;

private:
    text_source& from_;
    std::size_t bytes_max_;
    std::string rest_;  // read, but beyond the last block
    std::int64_t next_line_ = 1, given_ = 0;
    bool at_end_ = false;
    std::optional<error> failure_;  // of the source
};

/// The elements of the array at a path of a document, or of several documents one behind the other. Neither the document
/// nor the array is held.
class element_blocks final : public event_blocks {
public:
    element_blocks(text_source& from, const std::string& path, std::size_t bytes_max)
        : from_(from),
          bytes_max_(bytes_max),
          finder_(path),
          absent_("has no array `" + path + "`") {}

    result<bool> next(event_block& into) override;
    result<bool> skip(const file_mark& to) override;
    file_mark mark() const override { return {given_, given_ + 1, digest()}; }

private:
    enum class step { element, absent, end };
    result<step> next_element();
    result<bool> read_more();

    text_source& from_;
    std::size_t bytes_max_;
    siem::array_finder finder_;
    siem::element_splitter elements_{siem::element_splitter::element_bytes_usual,
                                     siem::element_splitter::mode::inside_array};
    std::string absent_;
    std::string read_;
    std::size_t read_at_ = 0;
    bool in_array_ = false;
    bool has_kept_ = false;  // the splitter's element is still to be given out
    std::int64_t given_ = 0;
};

}  // namespace carrel::cli
