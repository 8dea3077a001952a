#pragma once

#include "cli/event_blocks.hpp"
#include "cli/http_client.hpp"

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
    std::int64_t untimed = 0;     // of the accepted: they tell no time
    std::int64_t duplicates = 0;  // not stored, since their like was
};

/// Adds what a block says of itself; an element that could not be sent was refused in its place.
void add_faults(const event_block& block, tally& into);

/// Where events go. Files one after the other, each in blocks.
class ingest_target {
public:
    virtual ~ingest_target() = default;
    virtual std::size_t block_bytes_max() const = 0;
    virtual void begin_file() = 0;
    virtual result<void> take(const event_block& block, tally& into) = 0;
    virtual result<void> end_file(tally& into) = 0;
};

/// A server. `run` begins the idempotency key of each request: the same run of the same files is stored once.
/// `ingest_id`: the member that holds an event's identity; may be empty.
std::unique_ptr<ingest_target> make_remote_target(http_url server, std::string run, std::string ingest_id);

/// A database file that no server holds.
result<std::unique_ptr<ingest_target>> make_local_target(const std::string& path, std::string ingest_id);

}  // namespace carrel::cli
