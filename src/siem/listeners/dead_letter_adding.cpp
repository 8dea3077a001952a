#include "base/base64url.hpp"
#include "base/utf8.hpp"
#include "siem/listeners/dead_letter_store.hpp"
#include "siem/listeners/dead_letter_upkeep.hpp"

#include <algorithm>
#include <atomic>

// Letters as they come in, and what goes to make room for them.
namespace carrel::siem {

namespace {

constexpr std::size_t reason_bytes_max = 200, details_bytes_max = 2000, name_bytes_max = 128;
constexpr timestamp kept_for = timestamp{30} * 24 * 3600 * 1'000'000;
constexpr std::int64_t removed_at_once = 500;

std::array<std::atomic<dead_letter_reader>, dead_letter_protocols.size()>& readers() {
    static std::array<std::atomic<dead_letter_reader>, dead_letter_protocols.size()> all{};
    return all;
}

bool is_text(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto next = json::first_code_point(bytes);
        if (next.size == 0 || next.value == 0) return false;
        bytes.remove_prefix(next.size);
    }
    return true;
}

std::optional<std::string> text_or_none(std::string_view text, std::size_t bytes_max) {
    if (text.empty()) return std::nullopt;
    return clean_text(text, bytes_max);
}

struct totals {
    std::int64_t letters = 0, bytes = 0;
};

result<totals> read_totals(read_session& session) {
    auto row = session.first<std::tuple<std::int64_t, std::int64_t>>(
        read_sql("SELECT letters, bytes FROM dead_letter_totals"));
    if (!row) return row.error();
    if (!*row) return totals();
    return totals{std::get<0>(**row), std::get<1>(**row)};
}

// The oldest of what has been dealt with, else the oldest at all; its bytes. Nothing if there is none.
result<std::optional<std::int64_t>> evict_one(write_session& session) {
    auto gone = session.first<std::int64_t>(
        write_sql("DELETE FROM dead_letters WHERE seq = coalesce("
                  "(SELECT seq FROM dead_letters WHERE status <> 0 ORDER BY seq LIMIT 1), "
                  "(SELECT seq FROM dead_letters ORDER BY seq LIMIT 1)) RETURNING size_bytes"));
    if (!gone) return gone.error();
    return *gone;
}

result<void> make_room(write_session& session, std::int64_t for_letters, std::int64_t for_bytes,
                       const dead_letter_bounds& bounds, totals& now, std::int64_t& evicted) {
    while (now.letters + for_letters > bounds.letters || now.bytes + for_bytes > bounds.bytes) {
        auto bytes = evict_one(session);
        if (!bytes) return bytes.error();
        if (!*bytes) return {};
        --now.letters;
        now.bytes -= **bytes;
        ++evicted;
    }
    return {};
}

result<void> insert(write_session& session, const dead_letter& letter, const std::string& id, std::string_view raw) {
    const bool is_plain = is_text(raw);
    const std::string kept = is_plain ? std::string(raw) : to_base64(raw);
    const bool was_cut = letter.was_cut || raw.size() < letter.raw.size();
    return session.execute(
        "INSERT INTO dead_letters(id, received_at, status, protocol, listener_id, source, reason, details, size_bytes, "
        "was_cut, retries, encoding, raw) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        id, letter.received_at, static_cast<std::int64_t>(letter.protocol),
        text_or_none(letter.listener_id, name_bytes_max), text_or_none(letter.source, name_bytes_max),
        clean_text(letter.reason.empty() ? "not told" : letter.reason, reason_bytes_max),
        text_or_none(letter.details, details_bytes_max), static_cast<std::int64_t>(raw.size()), std::int64_t{was_cut},
        std::int64_t{!is_plain}, kept);
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t bytes_max) {
    std::string made;
    while (!text.empty()) {
        const auto next = json::first_code_point(text);
        const std::string_view part = next.size == 0 || next.value == 0 ? "?" : text.substr(0, next.size);
        if (made.size() + part.size() > bytes_max) break;
        made += part;
        text.remove_prefix(std::max<std::size_t>(next.size, 1));
    }
    return made;
}

void read_dead_letters_by(dead_letter_protocol protocol, dead_letter_reader reader) {
    readers()[static_cast<std::size_t>(protocol)].store(reader, std::memory_order_release);
}

dead_letter_reader reader_of(dead_letter_protocol protocol) noexcept {
    const auto place = static_cast<std::size_t>(protocol);
    return place < readers().size() ? readers()[place].load(std::memory_order_acquire) : nullptr;
}

result<dead_letters_added> add_dead_letters(write_session& session, std::span<const dead_letter> letters,
                                            const dead_letter_bounds& bounds) {
    dead_letters_added done;
    if (letters.empty()) return done;
    auto now = read_totals(session);
    if (!now) return now.error();
    thread_local uuid_generator fresh_id;
    for (const dead_letter& each : letters) {
        const auto raw = std::string_view(each.raw).substr(0, dead_letter_bytes_max);
        const auto bytes = static_cast<std::int64_t>(raw.size());
        if (auto room = make_room(session, 1, bytes, bounds, *now, done.evicted); !room) return room.error();
        if (auto kept = insert(session, each, fresh_id(), raw); !kept) return kept.error();
        ++now->letters;
        now->bytes += bytes;
        ++done.added;
    }
    return done;
}

result<bool> has_old_dead_letters(read_session& session, timestamp now) {
    auto found = session.first_integer("SELECT 1 FROM dead_letters WHERE received_at < ? LIMIT 1", now - kept_for);
    if (!found) return found.error();
    if (*found) return true;
    auto all = read_totals(session);
    if (!all) return all.error();
    constexpr dead_letter_bounds bounds;
    return all->letters > bounds.letters || all->bytes > bounds.bytes;
}

result<std::int64_t> drop_old_dead_letters(write_session& session, timestamp now) {
    auto gone = session.all<std::int64_t>(
        write_sql("DELETE FROM dead_letters WHERE seq IN (SELECT seq FROM dead_letters WHERE received_at < ? "
                  "ORDER BY received_at LIMIT ?) RETURNING seq"),
        now - kept_for, removed_at_once);
    if (!gone) return gone.error();
    auto all = read_totals(session);
    if (!all) return all.error();
    auto evicted = static_cast<std::int64_t>(gone->size());
    if (auto room = make_room(session, 0, 0, {}, *all, evicted); !room) return room.error();
    return evicted;
}

}  // namespace carrel::siem
