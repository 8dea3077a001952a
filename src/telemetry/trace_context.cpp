#include "telemetry/trace_context.hpp"

#include "base/hex.hpp"

#include <algorithm>

namespace carrel::telemetry {
namespace {

constexpr std::size_t state_bytes_max = 512;
constexpr std::size_t members_max = 32;
constexpr std::size_t traceparent_bytes = 55;  // 00-(32 digits)-(16 digits)-(2 digits)

bool read_hex(std::string_view digits, std::span<std::uint8_t> into) noexcept {
    for (std::size_t i = 0; i < into.size(); ++i) {
        const int high = base::hex_value(digits[2 * i]), low = base::hex_value(digits[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        into[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_key_char(char c) noexcept { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; }

bool is_key_part(std::string_view text, std::size_t size_max, bool may_begin_with_digit) noexcept {
    if (text.empty() || text.size() > size_max) return false;
    if (!is_lower(text.front()) && !(may_begin_with_digit && is_digit(text.front()))) return false;
    return std::all_of(text.begin(), text.end(), is_key_char);
}

bool is_key(std::string_view key) noexcept {
    const auto at = key.find('@');
    if (at == key.npos) return is_key_part(key, 256, false);
    return is_key_part(key.substr(0, at), 241, true) && is_key_part(key.substr(at + 1), 14, false);
}

bool is_value(std::string_view value) noexcept {
    return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
           std::all_of(value.begin(), value.end(),
                       [](char c) { return c >= 0x20 && c < 0x7f && c != ',' && c != '='; });
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::uint64_t last_eight(const trace_id& trace) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i < trace.size(); ++i) number = number << 8 | trace[i];
    return number;
}

template <std::size_t Size>
void fill(std::array<std::uint8_t, Size>& bytes, std::mt19937_64& random) {
    do {
        for (std::size_t i = 0; i < Size; i += 8) {
            auto number = random();
            for (std::size_t byte = 0; byte < 8; ++byte, number >>= 8)
                bytes[i + byte] = static_cast<std::uint8_t>(number & 0xff);
        }
    } while (is_zero(bytes));
}

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view value) noexcept {
    if (value.size() < traceparent_bytes) return std::nullopt;
    std::array<std::uint8_t, 1> version{}, flags{};
    trace_context found;
    const bool is_cut = value[2] == '-' && value[35] == '-' && value[52] == '-';
    if (!is_cut || !read_hex(value, version) || !read_hex(value.substr(3), found.trace) ||
        !read_hex(value.substr(36), found.parent) || !read_hex(value.substr(53), flags))
        return std::nullopt;
    const bool goes_on = value.size() > traceparent_bytes;
    if (version[0] == 0xff || (version[0] == 0 && goes_on)) return std::nullopt;
    if (goes_on && value[traceparent_bytes] != '-') return std::nullopt;
    if (is_zero(found.trace) || is_zero(found.parent)) return std::nullopt;
    found.is_sampled = (flags[0] & 1) != 0;
    return found;
}

bool is_tracestate(std::string_view value) noexcept {
    if (value.size() > state_bytes_max) return false;
    std::array<std::string_view, members_max> keys;
    std::size_t count = 0;
    for (bool more = true; more;) {
        const auto comma = value.find(',');
        more = comma != value.npos;
        const auto member = trimmed(value.substr(0, comma));
        value.remove_prefix(more ? comma + 1 : value.size());
        if (member.empty()) continue;
        const auto equals = member.find('=');
        if (equals == member.npos || count == members_max) return false;
        const auto key = member.substr(0, equals);
        if (!is_key(key) || !is_value(member.substr(equals + 1))) return false;
        const auto* const end = keys.begin() + count;
        if (std::find<const std::string_view*>(keys.begin(), end, key) != end) return false;
        keys[count++] = key;
    }
    return count > 0;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
    for (const auto byte : bytes) {
        out.push_back(base::hex_digits[byte >> 4]);
        out.push_back(base::hex_digits[byte & 15]);
    }
}

sample_ratio::sample_ratio(double ratio) noexcept {
    constexpr double whole = 9223372036854775808.0;  // 2^63
    if (!(ratio > 0)) bound_ = 0;
    else if (ratio >= 1) bound_ = std::uint64_t{1} << 63;
    else bound_ = static_cast<std::uint64_t>(ratio * whole);
}

bool sample_ratio::keeps(const trace_id& trace) const noexcept { return last_eight(trace) >> 1 < bound_; }

trace_id_source::trace_id_source() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    random_.seed(seed);
}

trace_id trace_id_source::fresh_trace() {
    trace_id made;
    fill(made, random_);
    return made;
}

span_id trace_id_source::fresh_span() {
    span_id made;
    fill(made, random_);
    return made;
}

}  // namespace carrel::telemetry
