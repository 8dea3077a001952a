#pragma once

#include "cli/http_client.hpp"

#include <carrel/error.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace carrel::cli {

using query_list = std::vector<std::pair<std::string, std::string>>;

/// Where an export comes from: a server, or a database that no server has. Blocks; not thread-safe.
class export_source {
public:
    virtual ~export_source() = default;
    /// The rows of `GET /events` with these parameters, all of them: bound them by `limit`. `media_type` is NDJSON's or
    /// CSV's. Errors: what was refused, in the source's own words; what a repetition could not mend.
    virtual result<std::string> rows(const query_list& query, std::string_view media_type) = 0;
    /// How many events pass the filters.
    virtual result<std::int64_t> count(const query_list& filters) = 0;
};

result<std::unique_ptr<export_source>> make_local_source(const std::string& path);
std::unique_ptr<export_source> make_remote_source(http_url server);

}  // namespace carrel::cli
