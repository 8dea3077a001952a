#pragma once

#include <string>

namespace carrel::sqlite {

/// Process-wide SQLite settings: memory statistics off, no URI file names, its log handed to nobody. Only a program's
/// `main` calls it, before the first database is opened; the library never does.
void configure_process();

/// SQLite's version and source id and which of its known hazards are guarded against, one line each.
std::string version_report();

}  // namespace carrel::sqlite
