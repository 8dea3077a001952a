#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <string>

namespace carrel::sqlite {

/// What a database file says of itself that nobody has open and that has no WAL.
struct copy_facts {
    std::uint64_t sequence = 0;  ///< of the last commit in it
    std::uint64_t page_bytes = 0, pages = 0;
};

/// Reads them, and nothing is made beside the file. Errors: SQLite's codes.
result<copy_facts> read_copy(const std::string& path);

}  // namespace carrel::sqlite
