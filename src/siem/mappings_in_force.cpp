#include "siem/mappings_in_force.hpp"

#include "siem/field_mappings.hpp"
#include "siem/mapping_text.hpp"

namespace carrel::siem {

namespace {

// No two tables of the process have the same one, so that what a thread has kept is never taken for another's.
std::uint64_t fresh_stamp() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct kept_table {
    std::uint64_t stamp = 0;
    std::shared_ptr<const event_mappings> table;
};

result<stored_mappings> refresh_and_load(write_session& session) {
    auto done = session.execute(
        "UPDATE field_mappings SET mappings = carrel_builtin_mappings(), version = version + 1 "
        "WHERE builtin = 1 AND mappings <> carrel_builtin_mappings()");
    if (!done) return done.error();
    return load_mappings(session);
}

}  // namespace

result<stored_mappings> load_mappings(read_session& session) {
    stored_mappings found;
    auto changes = session.first_integer(read_sql("SELECT changes FROM field_mapping_changes"));
    if (!changes) return changes.error();
    found.changes = changes->value_or(0);
    auto texts = session.all<std::string>(
        read_sql("SELECT mappings FROM field_mappings WHERE enabled = 1 AND builtin = 0 AND lifecycle IN (1, 2) "
                 "ORDER BY priority, id"));
    if (!texts) return texts.error();
    found.texts = std::move(*texts);
    return found;
}

bool changes_mappings(const operation& what) noexcept {
    return what.is_write() && (what.of == &field_mappings() || what.id == "restore_content");
}

mappings_in_force::mappings_in_force()
    : table_(compile_mappings({})),
      stamp_(fresh_stamp()) {}

std::shared_ptr<const event_mappings> mappings_in_force::current() const {
    thread_local kept_table kept;
    if (kept.stamp == stamp()) return kept.table;
    const std::lock_guard lock(mutex_);
    kept = {stamp_.load(std::memory_order_relaxed), table_};
    return kept.table;
}

void mappings_in_force::publish(const stored_mappings& stored) {
    auto made = compile_mappings(stored.texts);
    const std::lock_guard lock(mutex_);
    if (stored.changes <= changes_) return;
    changes_ = stored.changes;
    table_ = std::move(made);
    stamp_.store(fresh_stamp(), std::memory_order_release);
}

result<void> mappings_in_force::load(database& store) {
    // Written only when another version of the program stored them: a start alone commits nothing.
    const auto stale = store.read([](read_session& session) {
        return session.first_integer(
            "SELECT 1 FROM field_mappings WHERE builtin = 1 AND mappings <> carrel_builtin_mappings() LIMIT 1");
    });
    if (!stale) return stale.error();
    if (*stale) {
        auto stored = store.write([](write_session& session) { return refresh_and_load(session); });
        if (!stored) return stored.error();
        publish(stored->value);
        return {};
    }
    auto stored = store.read([](read_session& session) { return load_mappings(session); });
    if (!stored) return stored.error();
    publish(*stored);
    return {};
}

}  // namespace carrel::siem
