#pragma once

#include "cli/http_client.hpp"

#include <carrel/error.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace carrel::cli {

/// Where the content of files goes, each in a request of its own. Blocks; not thread-safe.
class import_target {
public:
    virtual ~import_target() = default;
    /// What POST `path`, a path below /api/v1 of an operation that takes a file, answers to `body`. Errors: EBADMSG if the
    /// body was refused, in the target's own words; others end a run.
    virtual result<std::string> post(std::string_view path, bool dry_run, std::string_view body) = 0;
};

/// A server.
std::unique_ptr<import_target> make_remote_import(http_url server);
/// A database that no server has.
result<std::unique_ptr<import_target>> make_local_import(const std::string& path);

}  // namespace carrel::cli
