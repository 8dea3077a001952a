#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::base {

/// Gets what a body of parts holds. What it returns is why no more is read; empty: go on.
class part_sink {
public:
    using fields = std::vector<std::pair<std::string, std::string>>;  // names in lower case

    virtual std::string on_part(const fields& head) = 0;
    virtual std::string on_bytes(std::string_view bytes) = 0;
    virtual std::string on_part_end() = 0;

protected:
    ~part_sink() = default;
};

/// A multipart body (RFC 2046 5.1) that comes in pieces. Holds no more than a part's headers and what may be the beginning of a
/// boundary. Not thread-safe.
class multipart_reader {
public:
    static constexpr std::size_t boundary_bytes_max = 70;
    static constexpr std::size_t head_bytes_max = 8 * 1024;
    static constexpr std::size_t parts_max = 16;

    /// `boundary` must be valid: see `is_boundary`.
    multipart_reader(std::string_view boundary, part_sink& sink);
    static bool is_boundary(std::string_view text) noexcept;

    /// False if the body is broken or the sink wants no more: `why` says it.
    bool feed(std::string_view bytes);
    /// The body has ended; false if it is not complete.
    bool finish();
    const std::string& why() const noexcept { return why_; }

private:
    enum class state { preamble, boundary_line, head, bytes, epilogue };

    bool fail(std::string why);
    // Each takes what it can from the front; false if it needs more, or failed.
    bool step();
    bool find_first();
    bool read_boundary_line();
    bool read_head();
    bool read_bytes();
    bool begin_part(std::string_view head);
    std::string_view rest() const noexcept { return std::string_view(kept_).substr(at_); }

    part_sink* sink_;
    std::string delimiter_;  // with the line end before it
    std::string kept_ = "\r\n";
    std::size_t at_ = 0;
    std::size_t parts_ = 0;
    state state_ = state::preamble;
    std::string why_;
};

}  // namespace carrel::base
