#include "siem/console/search_uses.hpp"

#include "base/uuid.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace carrel::siem {

namespace {

struct use {
    std::int64_t count = 0;
    timestamp last = 0;
};
using uses = std::map<std::string, use>;

// What is on its way has a name, which the database knows once it has it. Who counts waits for no statement: only `writing` is held
// while one runs.
struct waiting_uses {
    std::mutex mutex;
    uses fresh;  // guarded by mutex
    std::mutex writing;
    uses on_their_way;  // guarded by writing
    std::string name;   // guarded by writing

    bool has_fresh() {
        const std::lock_guard lock(mutex);
        return !fresh.empty();
    }
    uses take() {
        const std::lock_guard lock(mutex);
        return std::exchange(fresh, {});
    }
};
waiting_uses& waiting() {
    static waiting_uses all;
    return all;
}

result<bool> is_written(read_session& session, const std::string& name) {
    auto found = session.first_integer(read_sql("SELECT 1 FROM saved_search_uses WHERE written = ?"), name);
    if (!found) return found.error();
    return found->has_value();
}

}  // namespace

void count_search_use(const std::string& id, timestamp at) {
    waiting_uses& all = waiting();
    const std::lock_guard lock(all.mutex);
    use& one = all.fresh[id];
    ++one.count;
    one.last = std::max(one.last, at);
}

result<bool> has_search_uses(read_session& session, timestamp) {
    waiting_uses& all = waiting();
    const std::lock_guard lock(all.writing);
    if (!all.on_their_way.empty()) {
        auto written = is_written(session, all.name);
        if (!written) return written.error();
        if (*written) all.on_their_way.clear();
    }
    return !all.on_their_way.empty() || all.has_fresh();
}

result<std::int64_t> write_search_uses(write_session& session, timestamp) {
    thread_local uuid_generator fresh_name;
    waiting_uses& all = waiting();
    const std::lock_guard lock(all.writing);
    if (all.on_their_way.empty()) {
        all.on_their_way = all.take();
        all.name = fresh_name();
    }
    auto written = is_written(session, all.name);
    if (!written) return written.error();
    if (*written || all.on_their_way.empty()) return 0;
    for (const auto& [id, one] : all.on_their_way) {
        auto done = session.execute(
            "UPDATE saved_searches SET usage_count = usage_count + ?, last_used_at = max(ifnull(last_used_at, 0), ?) "
            "WHERE id = ?",
            one.count, one.last, id);
        if (!done) return done.error();
    }
    if (auto noted = session.execute("UPDATE saved_search_uses SET written = ?", all.name); !noted)
        return noted.error();
    return static_cast<std::int64_t>(all.on_their_way.size());
}

}  // namespace carrel::siem
