#pragma once

#include "base/uuid.hpp"
#include "resource/operation.hpp"

#include <carrel/database.hpp>

#include <string>
#include <string_view>

namespace carrel::cli {

/// Runs operations of the HTTP API on a database of this process, without a server: all that they check is checked, and what is
/// computed between is computed on this thread. Blocks.
class local_operations {
public:
    explicit local_operations(database& store)
        : store_(&store) {}

    /// The operation at `path` as the table writes it (`/users/{id}/password`); `call` has the values of its parts, its query and
    /// its file. `body` is JSON, or empty. A refusal is an error whose message is the problem's, with the field at fault.
    result<siem::reply> run(siem::method verb, std::string_view path, siem::call call, std::string_view body = {});

private:
    database* store_;
    siem::uuid_generator fresh_id_;
};

}  // namespace carrel::cli
