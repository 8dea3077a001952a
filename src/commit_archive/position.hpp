#pragma once

#include "commit_archive/format.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carrel::commits {

/// Where a chain of commits has come to.
struct position {
    std::optional<wal_header> run;  ///< nothing: whatever run comes next is read from its beginning
    std::uint32_t frames = 0;       ///< of the run
    wal_sum sum{};
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
    page_header first_page{};  ///< zeros: not known

    bool knows_first_page() const noexcept { return first_page != page_header{}; }
};

}  // namespace carrel::commits
