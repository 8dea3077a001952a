#pragma once

#include "background/backup_service.hpp"

#include <carrel/error.hpp>

#include <string>

namespace carrel::cli {

/// What a copy of a database says of itself. Errors: `not_a_database`; SQLite's codes.
result<siem::copy_facts> read_copy_facts(const std::string& path);

/// The checks of `carrel check` that take no more than a look at small tables: that it is carrel's, at a step of the schema that is
/// known, that events are in order, and that the chain of the audit log is whole. Errors: `newer_database`; `corrupt` with what
/// was found; those of `read_copy_facts`.
result<void> verify_copy(const std::string& path);

}  // namespace carrel::cli
