#pragma once

#include "cli/http_client.hpp"
#include "cli/text_source.hpp"

#include <carrel/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carrel::cli {

struct refused_line {
    std::int64_t line = 0;
    std::string detail;
};

/// What became of a file's lines. Refused lines are listed as far as the target names them.
struct tally {
    std::int64_t accepted = 0;
    std::int64_t rejected = 0;
    std::vector<refused_line> refused;
};

/// Where events go. Files one after the other, each in blocks.
class ingest_target {
public:
    virtual ~ingest_target() = default;
    virtual std::size_t block_bytes_max() const = 0;
    virtual void begin_file() = 0;
    virtual result<void> take(const line_block& block, tally& into) = 0;
    virtual result<void> end_file(tally& into) = 0;
};

/// A server. `run` begins the idempotency key of each request: the same run of the same files is stored once.
std::unique_ptr<ingest_target> make_remote_target(http_url server, std::string run);

/// A database file that no server holds.
result<std::unique_ptr<ingest_target>> make_local_target(const std::string& path);

}  // namespace carrel::cli
