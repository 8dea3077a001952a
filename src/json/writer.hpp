#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::json {

/// Whether a text stands between quotes as it is: nothing in it has to be escaped.
bool is_plain(std::string_view text) noexcept;

/// Appends JSON to a string it does not own: no document in between, commas by itself. The caller nests calls rightly;
/// what is appended raw must be JSON. Not thread-safe.
class writer {
public:
    explicit writer(std::string& out) noexcept
        : out_(&out) {}

    writer& begin_object();
    writer& end_object();
    writer& begin_array();
    writer& end_array();
    writer& key(std::string_view name);
    writer& string(std::string_view text);  // UTF-8; escapes what JSON requires
    writer& integer(std::int64_t number);
    writer& real(double number);
    writer& boolean(bool truth);
    writer& null();
    writer& raw(std::string_view json);

private:
    void separate();
    std::string* out_;
    bool comma_ = false;  // the next value or key needs a comma before it
};

}  // namespace carrel::json
