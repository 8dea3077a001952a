#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// What a body was cut into: the text of an event, or why there is none. Views are valid until the next call.
struct body_item {
    std::string_view text;
    std::int64_t number = 0;                   // of the line or element, as a fault names it
    std::string_view fault = {};               // not empty: the item is refused for this
    std::optional<std::string_view> identity;  // what makes it the same event when it comes again
    std::optional<timestamp> at;               // where the protocol tells the time itself
    std::string_view channel = {};             // of an event that names none
};

/// A format of bodies: cuts bytes that arrive in pieces into items. Not thread-safe.
class event_body {
public:
    enum class step { need_more, item, broken };

    event_body() = default;
    event_body(const event_body&) = delete;
    event_body& operator=(const event_body&) = delete;
    virtual ~event_body() = default;

    /// Takes bytes off the front of `bytes` up to the end of an item, or all of them. More items may be held where no
    /// byte is left, so it is called until it says `need_more`.
    virtual step next(std::string_view& bytes, body_item& into) = 0;
    /// No more bytes come. Called until it says `need_more`; `broken` if the text was not whole.
    virtual step finish(body_item& into) = 0;
    /// Why the text is broken.
    virtual std::string_view why() const noexcept = 0;
    /// It is broken for holding too much.
    virtual bool is_too_large() const noexcept { return false; }
    virtual std::size_t bytes_held() const noexcept = 0;

    /// The item just cut is not JSON, and `why` says so. Nothing if the body goes on behind it, else why it ends there.
    virtual std::optional<std::string> on_broken_item(const body_item& /*of*/, const std::string& /*why*/) {
        return std::nullopt;
    }
    /// What became of the item just cut: the event with this id, the next of the request's accepted ones; or none.
    virtual void accepted(const uuid& /*id*/) {}
    virtual void rejected(std::string_view /*why*/) {}
    /// What `event` holds counts as if it stood beside it: see event_reader.
    virtual bool is_envelope() const noexcept { return false; }
};

inline constexpr std::size_t event_bytes_max = 16u << 20;
inline constexpr std::string_view too_long_fault = "is longer than 16 MiB";

/// One event a line.
std::unique_ptr<event_body> make_line_body();
/// One event, or the events of an array.
std::unique_ptr<event_body> make_element_body();
/// The elements of the array at the dotted `path` of a document, or of each line's document.
std::unique_ptr<event_body> make_unwrapped_body(std::string path, bool is_line_by_line);

}  // namespace carrel::siem
