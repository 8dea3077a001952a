#include "siem/blobs.hpp"

#include <algorithm>
#include <span>

namespace carrel::siem {

namespace {

// A chunk's row is the number of its blob and its place: chunks of one blob stand together, in order.
constexpr int place_bits = 20;
constexpr std::int64_t place_max = (std::int64_t{1} << place_bits) - 1;
constexpr std::int64_t removed_a_job = 8;  // chunks: the pages of each must be read to be freed

constexpr std::int64_t row_of(std::int64_t blob, std::int64_t place) noexcept { return (blob << place_bits) + place; }

blob_view bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text.data(), text.size())); }

result<std::int64_t> begin_blob(write_session& session, timestamp now) {
    auto done = session.execute("INSERT INTO blobs(state, size, touched_at) VALUES (0, 0, ?)", now);
    if (!done) return done.error();
    return session.last_insert_rowid();
}

// The size of a blob that is being filled.
result<std::optional<std::int64_t>> filled_size(read_session& session, std::int64_t blob) {
    return session.first_integer("SELECT size FROM blobs WHERE seq = ? AND state = 0", blob);
}

}  // namespace

result<std::int64_t> append_to_blob(write_session& session, std::int64_t into, std::string_view bytes, timestamp now) {
    if (into == 0) {
        auto begun = begin_blob(session, now);
        if (!begun) return begun.error();
        into = *begun;
    }
    auto size = filled_size(session, into);
    if (!size) return size.error();
    if (!*size || **size % static_cast<std::int64_t>(chunk_bytes) != 0) return 0;
    std::int64_t place = **size / static_cast<std::int64_t>(chunk_bytes);
    const auto added = static_cast<std::int64_t>(bytes.size());
    for (; !bytes.empty(); ++place) {
        if (place > place_max) return error(make_error_code(sqlite_errc::too_big), "a file has too many chunks");
        const auto chunk = bytes.substr(0, chunk_bytes);
        auto done =
            session.execute("INSERT INTO blob_chunks(seq, bytes) VALUES (?, ?)", row_of(into, place), bytes_of(chunk));
        if (!done) return done.error();
        bytes.remove_prefix(chunk.size());
    }
    auto done = session.execute("UPDATE blobs SET size = size + ?, touched_at = ? WHERE seq = ?", added, now, into);
    if (!done) return done.error();
    return into;
}

result<bool> complete_blob(write_session& session, std::int64_t blob, const base::sha256::digest& sum) {
    auto size = filled_size(session, blob);
    if (!size) return size.error();
    if (!*size) return false;
    auto done = session.execute("UPDATE blobs SET state = 1, sha256 = ? WHERE seq = ?",
                                blob_view(std::as_bytes(std::span(sum))), blob);
    if (!done) return done.error();
    return true;
}

result<void> give_up_blob(write_session& session, std::int64_t blob) {
    return session.execute("UPDATE blobs SET state = 2 WHERE seq = ? AND state = 0", blob);
}

result<bool> has_unfinished_blobs(read_session& session) {
    const auto found = session.first_integer("SELECT 1 FROM blobs WHERE state = 0 LIMIT 1");
    if (!found) return found.error();
    return found->has_value();
}

result<void> give_up_blobs(write_session& session) {
    return session.execute("UPDATE blobs SET state = 2 WHERE state = 0");
}

result<void> release_blob(write_session& session, std::int64_t blob) {
    return session.execute("UPDATE blobs SET state = 2 WHERE seq = ?", blob);
}

result<void> read_blob(read_session& session, const blob_info& of, std::int64_t offset, std::int64_t most,
                       std::string& into) {
    constexpr auto whole = static_cast<std::int64_t>(chunk_bytes);
    const std::int64_t left = std::min(most, of.size - offset);
    if (left <= 0) return {};
    auto row = session.prepare(read_sql("SELECT bytes FROM blob_chunks WHERE seq = ?"));
    if (!row) return row.error();
    auto found = row->bind(row_of(of.seq, offset / whole)).step();
    if (!found) return found.error();
    const std::int64_t within = offset % whole, wanted = std::min(left, whole - within);
    const auto bytes = *found ? row->bytes(0) : blob_view();
    if (static_cast<std::int64_t>(bytes.size()) < within + wanted)
        return error(make_error_code(sqlite_errc::corrupt), "a chunk of a file is missing");
    into.append(reinterpret_cast<const char*>(bytes.data()) + within, static_cast<std::size_t>(wanted));
    return {};
}

result<base::sha256::digest> hash_blob(read_session& session, const blob_info& of) {
    base::sha256 sum;
    std::string chunk;
    for (std::int64_t offset = 0; offset < of.size; offset += static_cast<std::int64_t>(chunk.size())) {
        if (auto wanted = session.check_interrupt(); !wanted) return wanted.error();
        chunk.clear();
        if (auto done = read_blob(session, of, offset, of.size, chunk); !done) return done.error();
        sum.update(chunk);
    }
    return sum.value();
}

result<bool> has_released_blobs(read_session& session, timestamp now) {
    auto found = session.first_integer("SELECT 1 FROM blobs WHERE state <> 1 AND (state = 2 OR touched_at < ?) LIMIT 1",
                                       now - filling_time_max);
    if (!found) return found.error();
    return found->has_value();
}

result<std::int64_t> remove_blobs(write_session& session, timestamp now) {
    const std::int64_t before = session.changes();
    auto found = session.first_integer(
        "SELECT seq FROM blobs WHERE state <> 1 AND (state = 2 OR touched_at < ?) ORDER BY seq LIMIT 1",
        now - filling_time_max);
    if (!found) return found.error();
    if (!*found) return 0;
    // One that has been filled for too long must not grow while its chunks go.
    if (auto done = give_up_blob(session, **found); !done) return done.error();
    const std::int64_t first = row_of(**found, 0), last = row_of(**found, place_max);
    auto done = session.execute(
        "DELETE FROM blob_chunks WHERE seq IN (SELECT seq FROM blob_chunks WHERE seq BETWEEN ? AND ? LIMIT ?)", first,
        last, removed_a_job);
    if (!done) return done.error();
    auto left = session.first_integer("SELECT 1 FROM blob_chunks WHERE seq BETWEEN ? AND ? LIMIT 1", first, last);
    if (!left) return left.error();
    if (!*left)
        if (auto gone = session.execute("DELETE FROM blobs WHERE seq = ?", **found); !gone) return gone.error();
    return session.changes() - before;
}

}  // namespace carrel::siem
