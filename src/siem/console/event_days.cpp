#include "siem/console/event_days.hpp"

#include "siem/segment_scan.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace carrel::siem {

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;
// Days remembered of all segments together: some megabytes.
constexpr std::size_t days_remembered_max = 500'000;

struct day_count {
    std::int64_t day;  // since 1970
    std::int64_t events;
};
using day_counts = std::vector<day_count>;

std::int64_t day_of(timestamp at) { return at / day - (at % day < 0 ? 1 : 0); }

/// What segments that span days hold. Any thread.
class remembered_days {
public:
    std::shared_ptr<const day_counts> find(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(key);
        return found == known_.end() ? nullptr : found->second;
    }
    void add(const std::string& key, const std::shared_ptr<const day_counts>& days) {
        const std::lock_guard lock(mutex_);
        if (days_ + days->size() > days_remembered_max) {
            known_.clear();
            days_ = 0;
        }
        if (known_.emplace(key, days).second) days_ += days->size();
    }

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const day_counts>> known_;
    std::size_t days_ = 0;
};

remembered_days& remembered() {
    static remembered_days all;
    return all;
}

struct header {
    std::int64_t seq = 0, events = 0;
    timestamp from_at = 0, to_at = 0;
};

class day_counter {
public:
    day_counter(read_session& session, const time_buckets& buckets, timestamp from, timestamp to)
        : session_(session),
          buckets_(buckets),
          from_(from),
          to_(to) {}

    result<std::map<timestamp, std::int64_t>> count() {
        if (auto done = count_segments(); !done) return done.error();
        // Rows of an earlier version, until they have been moved into segments.
        auto loose =
            session_.each<std::int64_t>(read_sql("SELECT timestamp FROM events WHERE timestamp >= ? AND timestamp < ?"),
                                        from_, to_, [&](std::int64_t at) { add(at, 1); });
        if (!loose) return loose.error();
        return std::move(counts_);
    }

private:
    void add(timestamp at, std::int64_t events) {
        if (at >= from_ && at < to_) counts_[buckets_.start(at)] += events;
    }

    result<void> count_segments() {
        auto rows =
            session_.prepare("SELECT seq, events, from_at, to_at FROM event_segments WHERE to_at >= ? AND from_at < ?");
        if (!rows) return rows.error();
        rows->bind(from_, to_);
        for (;;) {
            auto more = rows->step();
            if (!more) return more.error();
            if (!*more) return {};
            const header one{rows->integer(0), rows->integer(1), rows->integer(2), rows->integer(3)};
            if (buckets_.start(one.from_at) == buckets_.start(one.to_at)) add(one.from_at, one.events);
            else if (auto done = count_days(one); !done) return done;
        }
    }

    result<void> count_days(const header& of) {
        auto key = key_of(of);
        if (!key) return key.error();
        auto days = remembered().find(*key);
        if (days == nullptr) {
            auto read = read_days(of.seq);
            if (!read) return read.error();
            days = std::move(*read);
            remembered().add(*key, days);
        }
        for (const day_count& each : *days) add(each.day * day, each.events);
        return {};
    }

    // Ids are never given again, and a segment that lost events has another number of them.
    result<std::string> key_of(const header& of) {
        auto row = session_.prepare("SELECT from_id, to_id FROM event_segments WHERE seq = ?");
        if (!row) return row.error();
        auto found = row->bind(of.seq).step();
        if (!found) return found.error();
        const blob_view from = row->bytes(0), to = row->bytes(1);
        std::string key(reinterpret_cast<const char*>(from.data()), from.size());
        key.append(reinterpret_cast<const char*>(to.data()), to.size());
        return key.append(std::to_string(of.events));
    }

    result<std::shared_ptr<const day_counts>> read_days(std::int64_t seq) {
        if (!scan_) {
            auto opened = segment_scan::open(session_);
            if (!opened) return opened.error();
            scan_ = std::make_unique<segment_scan>(std::move(*opened));
        }
        if (auto read = scan_->read(seq); !read) return read.error();
        auto times = scan_->times();
        if (!times) return times.error();
        std::map<std::int64_t, std::int64_t> found;
        for (const timestamp at : *times) ++found[day_of(at)];
        auto days = std::make_shared<day_counts>();
        for (const auto& [when, events] : found) days->push_back({when, events});
        return std::shared_ptr<const day_counts>(std::move(days));
    }

    read_session& session_;
    const time_buckets& buckets_;
    timestamp from_, to_;
    std::map<timestamp, std::int64_t> counts_;
    std::unique_ptr<segment_scan> scan_;
};

}  // namespace

result<std::map<timestamp, std::int64_t>> count_events_by(read_session& session, const time_buckets& buckets,
                                                          timestamp from, timestamp to) {
    return day_counter(session, buckets, from, to).count();
}

}  // namespace carrel::siem
