#include "sqlite/query_meter.hpp"

#include <utility>

namespace carrel::sqlite {

query_meter::query_meter(query_registry* all, std::chrono::milliseconds slow_after)
    : registry_(all),
      slow_after_(slow_after),
      random_(static_cast<std::uint32_t>(clock::now().time_since_epoch().count()) | 1u) {}

// Gaps of 1 to 127 jobs, each as likely: no regular order of requests is in step with that.
bool query_meter::is_in_sample() noexcept {
    if (--until_sampled_ != 0) return false;
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    until_sampled_ = 1 + random_ % (2 * sampled_weight - 1);
    return true;
}

void query_meter::begin_run(const run_facts& facts) noexcept {
    if (registry_ != nullptr && next_id_ == ids_end_) {
        next_id_ = registry_->take_ids();
        ids_end_ = next_id_ + query_registry::ids_at_a_time;
    }
    facts_ = facts;
    weight_ = 0;
    if (registry_ != nullptr) weight_ = facts.counts_all ? 1 : is_in_sample() ? sampled_weight : 0;
    wait_ = facts.begun - facts.accepted;
    longest_time_ = {};
    longest_ = 0;
    is_slow_ = false;
    is_running_ = true;
    slot_->begin(next_id_++, facts.accepted, facts.begun);
    if (facts.is_public && facts.origin != nullptr) {
        slot_->publish(facts.origin);
        is_published_ = true;
    }
}

void query_meter::end_run(bool is_counted) noexcept {
    if (!is_running_) return;
    is_running_ = false;
    if (!kept_.empty()) {
        if (is_counted)
            for (const auto& each : kept_) each.of->add(each.what, weight_);
        kept_.clear();
    }
    if (std::exchange(is_published_, false)) slot_->withdraw();
    slot_->end();
}

void query_meter::settle(cached_statement& one, bool failed) noexcept {
    const auto now = clock::now();
    const auto time = now - one.begun;
    if (time >= longest_time_) {
        longest_time_ = time;
        longest_ = one.key;
    }
    if (slow_after_.count() > 0 && is_running_ && now - facts_.begun >= slow_after_) is_slow_ = true;
    if (one.record == nullptr) return;
    const statement_record::execution what{time, std::exchange(wait_, {}), one.rows, failed, now};
    if (weight_ == 1) return one.record->add(what, 1);
    try {
        kept_.push_back({one.record, what});
    } catch (...) {
        // Without memory one of the sample is missing.
    }
}

void query_meter::look() noexcept {
    if (!is_running_) return;
    if (!is_published_ && facts_.origin != nullptr) {
        slot_->publish(facts_.origin);
        is_published_ = true;
    }
    if (!is_slow_ && slow_after_.count() > 0) is_slow_ = clock::now() - facts_.begun >= slow_after_;
}

std::uint64_t query_meter::longest() const noexcept { return longest_ != 0 ? longest_ : slot_->statement(); }

}  // namespace carrel::sqlite
