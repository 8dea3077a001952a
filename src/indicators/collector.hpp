#pragma once

#include "indicators/candidate.hpp"

#include <string>
#include <string_view>

namespace carrel::indicators {

/// Where an item stands.
struct item_place {
    std::size_t line = 0;
    std::string path;
};

/// Gathers a reading within its bounds.
class collector {
public:
    explicit collector(const read_limits& within) noexcept
        : within_(within) {}

    const read_limits& within() const noexcept { return within_; }
    /// Whether the text may be read: its size, its byte order mark, which is dropped.
    bool take_text(std::string_view& text);
    /// As above, of JSON: the text is valid and no deeper than it may be. `lines` gets whether it is one value a line.
    bool take_json(std::string_view& text, bool* lines = nullptr);

    void add(candidate one, const item_place& at);
    /// Leaves out what is beyond its bound. Done to what many candidates are made from, so that none copies more.
    void shorten(candidate& one);
    void fault(const item_place& at, std::string detail);
    void pass_over() noexcept { ++made_.passed_over; }
    void refuse(std::string why) { made_.refused = std::move(why); }
    /// Whether the text as a whole is, for whatever reason, not to be read on.
    bool is_refused() const noexcept { return !made_.refused.empty(); }
    reading finish() noexcept { return std::move(made_); }

private:
    const read_limits& within_;
    reading made_;
};

/// The name that a severity has here: `informational` is info, `moderate` is medium. Nothing for another word.
std::optional<std::string_view> severity_named(std::string_view name) noexcept;
std::optional<double> confidence_of(std::string_view text) noexcept;

}  // namespace carrel::indicators
