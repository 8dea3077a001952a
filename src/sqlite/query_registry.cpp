#include "sqlite/query_registry.hpp"

#include "sqlite/statement_cache.hpp"
#include "sqlite/statement_text.hpp"

#include <algorithm>

namespace carrel::sqlite {

using clock = std::chrono::steady_clock;

namespace {

// Some sixteen million a second, which a process cannot use up.
std::uint64_t first_id() noexcept {
    constexpr std::int64_t nanoseconds_an_id = 64;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count() / nanoseconds_an_id);
}

}  // namespace

// -- run_slot ---

void run_slot::publish(const job_origin* origin) noexcept {
    const std::lock_guard lock(origin_mutex_);
    origin_ = origin;
    origin_id_ = id_.load(std::memory_order_relaxed);
}

void run_slot::withdraw() noexcept {
    const std::lock_guard lock(origin_mutex_);
    origin_ = nullptr;
}

// -- what runs ---

query_registry::query_registry()
    : next_id_(first_id()),
      others_(std::make_shared<statement_record>(1, "(other statements)", std::string())) {}

run_slot& query_registry::enroll(query_lane lane) {
    const std::lock_guard lock(slots_mutex_);
    return slots_.emplace_back(lane);
}

// One look at a slot: all of one run, or nothing.
struct query_registry::glimpse {
    std::uint64_t id = 0, statement = 0, rows = 0;
    clock::time_point accepted, begun;
};

query_registry::glimpse query_registry::look(const run_slot& slot) noexcept {
    constexpr auto order = std::memory_order_acquire;
    const auto time = [](const std::atomic<run_slot::ticks>& at) {
        return clock::time_point(clock::duration(at.load(order)));
    };
    glimpse seen;
    seen.id = slot.id_.load(order);
    seen.accepted = time(slot.accepted_);
    seen.begun = time(slot.begun_);
    seen.statement = slot.statement_.load(order);
    seen.rows = slot.rows_.load(order);
    if (slot.id_.load(order) != seen.id) seen.id = 0;
    return seen;
}

std::vector<running_query> query_registry::running() const {
    std::vector<running_query> all;
    const std::lock_guard lock(slots_mutex_);
    const auto now = clock::now();
    for (auto& slot : slots_) {
        const auto seen = look(slot);
        if (seen.id == 0) continue;
        auto& one = all.emplace_back();
        one.id = seen.id;
        one.lane = slot.lane_;
        one.statement = text_of(seen.statement);
        one.waited = std::max<std::chrono::nanoseconds>(seen.begun - seen.accepted, {});
        one.running = std::max<std::chrono::nanoseconds>(now - seen.begun, {});
        one.rows = seen.rows;
        one.is_cancelled = slot.end_wanted_.load(std::memory_order_relaxed) == seen.id;
        const std::lock_guard origin_lock(slot.origin_mutex_);
        if (slot.origin_ != nullptr && slot.origin_id_ == seen.id) one.origin = slot.origin_->labels();
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.running > b.running; });
    return all;
}

bool query_registry::end(std::uint64_t id) noexcept {
    const std::lock_guard lock(slots_mutex_);
    const auto found = std::find_if(slots_.begin(), slots_.end(),
                                    [id](const auto& slot) { return slot.id_.load(std::memory_order_acquire) == id; });
    if (id == 0 || found == slots_.end()) return false;
    found->end_wanted_.store(id, std::memory_order_relaxed);
    return true;
}

// -- statements ---

std::shared_ptr<statement_record> query_registry::record_of(std::string_view sql) {
    auto text = normalised(sql);
    const auto key = key_of(text);
    const std::lock_guard lock(records_mutex_);
    if (const auto found = records_.find(key); found != records_.end()) return found->second;
    if (records_.size() >= statements_max) make_room();
    if (records_.size() >= statements_max) return others_;
    std::string kept(sql.size() <= sql_bytes_max ? sql : std::string_view());
    auto made = std::make_shared<statement_record>(key, std::move(text), std::move(kept));
    records_.emplace(key, made);
    return made;
}

// The cheapest that no connection has prepared.
void query_registry::make_room() {
    auto cheapest = records_.end();
    for (auto each = records_.begin(); each != records_.end(); ++each) {
        if (each->second.use_count() > 1) continue;
        if (cheapest == records_.end() || each->second->nanoseconds.load(std::memory_order_relaxed) <
                                              cheapest->second->nanoseconds.load(std::memory_order_relaxed))
            cheapest = each;
    }
    if (cheapest != records_.end()) records_.erase(cheapest);
}

std::shared_ptr<statement_record> query_registry::find(std::uint64_t key) const {
    if (key == others_->key) return others_;
    const std::lock_guard lock(records_mutex_);
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : found->second;
}

std::string query_registry::text_of(std::uint64_t key) const {
    const auto found = find(key);
    return found == nullptr ? std::string() : found->text;
}

std::vector<query_stats> query_registry::statements() const {
    const auto now = clock::now();
    const auto wall_now = std::chrono::system_clock::now();
    const auto stats_of = [&](const statement_record& from) {
        const auto number = [](const std::atomic<std::uint64_t>& of) { return of.load(std::memory_order_relaxed); };
        const auto time = [&](const std::atomic<std::uint64_t>& of) {
            return std::chrono::nanoseconds(static_cast<std::int64_t>(number(of)));
        };
        query_stats one;
        one.key = from.key;
        one.statement = from.text;
        one.calls = number(from.calls);
        one.failures = number(from.failures);
        one.rows = number(from.rows);
        one.total = time(from.nanoseconds);
        one.longest = time(from.longest_nanoseconds);
        one.waited = time(from.wait_nanoseconds);
        const clock::time_point seen(clock::duration(from.last_seen.load(std::memory_order_relaxed)));
        one.last_seen = wall_now - std::chrono::duration_cast<std::chrono::system_clock::duration>(now - seen);
        return one;
    };
    std::vector<query_stats> all;
    const std::lock_guard lock(records_mutex_);
    for (const auto& [key, each] : records_)
        if (each->calls.load(std::memory_order_relaxed) != 0) all.push_back(stats_of(*each));
    if (others_->calls.load(std::memory_order_relaxed) != 0) all.push_back(stats_of(*others_));
    return all;
}

}  // namespace carrel::sqlite
