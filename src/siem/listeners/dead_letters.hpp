#pragma once

#include "base/time.hpp"
#include "resource/resource.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What came in and could not be stored: kept as it came, with the reason, until it is replayed, discarded or too old.
namespace carrel::siem {

/// How it came. Kept in the database by place: only ever append.
enum class dead_letter_protocol { syslog, cef, json, fluentd, http };
inline constexpr std::array<std::string_view, 5> dead_letter_protocols = {"syslog", "cef", "json", "fluentd", "http"};

/// Kept in the database by place: only ever append.
enum class dead_letter_status { pending, replayed, discarded };
inline constexpr std::array<std::string_view, 3> dead_letter_statuses = {"pending", "replayed", "discarded"};

/// Something that could not be stored, as it is handed over. Texts need not be UTF-8; what is longer than its bound is cut.
struct dead_letter {
    dead_letter_protocol protocol = dead_letter_protocol::json;
    std::string listener_id;  // empty: no listener had it
    std::string source;       // the sender's address; empty: not known
    std::string reason;       // in a few words, the same for all of a kind: `not JSON`, `too long`
    std::string details;      // more of that one: `expected ',' at column 17`
    std::string raw;          // the bytes that came
    bool was_cut = false;     // `raw` is not all that came, so it cannot be replayed as it is
    timestamp received_at = 0;
};

/// Bytes of `raw` that are kept. Longer ones are cut, and say so.
inline constexpr std::size_t dead_letter_bytes_max = std::size_t{1} << 20;
/// Letters that are kept at most, and the bytes of their `raw`: the oldest make room for new ones.
struct dead_letter_bounds {
    std::int64_t letters = 100'000;
    std::int64_t bytes = std::int64_t{256} << 20;
};

/// What adding did.
struct dead_letters_added {
    std::int64_t added = 0;
    std::int64_t evicted = 0;  // older ones that made room
};

/// Keeps letters, in the job's transaction: with the events of the same batch or not at all. May run more than once. Each
/// gets an id of its own; those that are given together keep their order. Errors: SQLite's.
result<dead_letters_added> add_dead_letters(write_session& session, std::span<const dead_letter> letters,
                                            const dead_letter_bounds& bounds = {});

/// Makes the text of an event, a JSON object, of what came, and maybe its time. False if that cannot be done: `why` says why then.
struct dead_letter_event {
    std::string json;
    std::optional<timestamp> at;
    std::string why;
};
using dead_letter_reader = bool (*)(std::string_view raw, std::string_view source, timestamp received_at,
                                    dead_letter_event& into);

/// How letters of a protocol become events when they are replayed. To be called before requests are served, by whoever knows the
/// protocol. Without one they must be JSON.
void read_dead_letters_by(dead_letter_protocol protocol, dead_letter_reader reader);

const resource& dead_letters();

}  // namespace carrel::siem
