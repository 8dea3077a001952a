#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::syslog {

/// Cuts a stream into messages (RFC 6587): each is counted (`12 <34>message…`) or ends with a line feed or a NUL, and both
/// may come on one connection. What is longer than the bound is cut, and its rest passed over. Not thread-safe.
class framing {
public:
    explicit framing(std::size_t message_bytes_max)
        : bytes_max_(message_bytes_max) {}

    /// Takes bytes off the front of `bytes`; true if a message has ended, which is not empty.
    bool next(std::string_view& bytes);
    /// No more bytes come; true if a message has ended thereby.
    bool finish();

    /// Valid until the next call.
    std::string_view message() const noexcept { return held_; }
    bool was_cut() const noexcept { return was_cut_; }
    std::size_t bytes_held() const noexcept { return held_.size(); }

private:
    enum class place { at_begin, in_count, in_counted, in_line };

    void begin() noexcept;
    void count(char c);
    bool take_counted(std::string_view& bytes);
    bool take_line(std::string_view& bytes);
    void hold(std::string_view part);
    bool end();

    std::size_t bytes_max_;
    std::string held_;
    place place_ = place::at_begin;
    std::uint64_t left_ = 0;  // of a counted message
    bool was_given_ = false, was_cut_ = false;
};

}  // namespace carrel::syslog
