#pragma once

#include <span>
#include <string_view>

namespace carrel::web {

/// A file of the page, as it is in `src/web`.
struct file {
    std::string_view name;  ///< From `src/web`: `views/alerts.js`.
    std::string_view text;
};

/// All of them, by name. The build writes this from the files.
std::span<const file> files() noexcept;

}  // namespace carrel::web
