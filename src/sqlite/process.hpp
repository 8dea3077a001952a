#pragma once

#include <carrel/error.hpp>

#include <string>

namespace carrel::sqlite {

/// Process-wide SQLite settings: memory statistics off, no URI file names, its log handed to nobody. Only a program's
/// `main` calls it, before the first database is opened; the library never does.
void configure_process();

/// Initialises SQLite and makes sure that several threads may call it. To be called before any connection is opened.
/// Errors: `unsafe_sqlite`, SQLite's codes.
result<void> check_library();

/// SQLite's version and source id and which of its known hazards are guarded against, one line each.
std::string version_report();

}  // namespace carrel::sqlite
