#pragma once

#include "resource/conditions.hpp"
#include "siem/listeners/dead_letters.hpp"

// What the files of dead letters share.
namespace carrel::siem {

/// Where letters keep what their own rules touch.
struct dead_letter_fields {
    std::size_t id, received_at, status, protocol, source, was_cut, retries, event_id, encoding, raw;
};
const dead_letter_fields& letter_at();

inline constexpr std::array<std::string_view, 2> dead_letter_encodings = {"utf8", "base64"};

/// The bytes that came.
std::string raw_of(const record& letter);
/// A text in UTF-8 of at most so many bytes: what is none becomes `?`.
std::string clean_text(std::string_view text, std::size_t bytes_max);
/// The reader of a protocol's letters; null where they are JSON.
dead_letter_reader reader_of(dead_letter_protocol protocol) noexcept;

std::vector<operation> dead_letter_replay_operations();   // POST /dlq/{id}/replay, POST /dlq/replay
std::vector<operation> dead_letter_discard_operations();  // DELETE /dlq/{id}, POST /dlq/discard

/// Which letters many things are done to at once: `ids`, or the first that pass a `filter`.
struct chosen_letters : input {
    std::vector<std::string> ids;
    conditions filters;  // that have not been dealt with, the least often tried first
    bool by_filter = false;
    std::int64_t limit = 1000;
};
std::optional<problem> check_choice(const operation& what, call& request);
std::vector<field_doc> choice_documents();
/// Their ids; one more than `limit` if there are more that pass the filter.
result<std::vector<std::string>> ids_of(read_session& session, const chosen_letters& choice);

/// Refuses what was replayed or discarded already.
result<void> require_pending(const record& letter, reply& into);

}  // namespace carrel::siem
