#include "actors/resident_reader.hpp"

#include "actors/engine.hpp"
#include "sqlite/long_work.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

// The residents of this thread, one for each engine that it serves. The thread keeps them alive, so that a look at one
// whose shard has ended elsewhere is no harm; it holds nothing then.
// Linked through themselves, so that a thread needs no memory to know them.
thread_local std::shared_ptr<resident_reader> residents;

}  // namespace

void resident_reader::join_thread() noexcept {
    auto* link = &residents;
    while (*link) {
        if ((*link)->is_attached_ && (*link)->engine_id_ != engine_id_) link = &(*link)->next_of_thread_;
        else *link = std::exchange((*link)->next_of_thread_, nullptr);
    }
    next_of_thread_ = std::move(residents);
    residents = shared_from_this();
}

resident_reader::resident_reader(engine& owner, boost::asio::io_context& context,
                                 std::unique_ptr<read_connection> connection)
    : owner_(owner),
      engine_id_(owner.id()),
      context_(context),
      connection_(std::move(connection)) {
    // The connection says so when the work asks for the statement, before anything of it runs.
    connection_->refuse_deep([this](std::uint64_t fingerprint) {
        return (fingerprint & sqlite::long_work) != 0 || deep_.contains(fingerprint);
    });
}

result<void> resident_reader::attach() {
    if (auto opened = connection_->open(); !opened) return opened;
    boost::asio::post(context_, [self = shared_from_this()] { self->join_thread(); });
    return {};
}

resident_reader* resident_reader::of_this_thread(std::uint64_t engine_id) noexcept {
    for (auto* one = residents.get(); one != nullptr; one = one->next_of_thread_.get())
        if (one->engine_id_ == engine_id && one->is_attached_.load(std::memory_order_acquire) &&
            one->context_.get_executor().running_in_this_thread())
            return one;
    return nullptr;
}

void resident_reader::detach() noexcept {
    job_list<job> left;
    {
        std::lock_guard lock(mutex_);
        is_attached_.store(false, std::memory_order_release);
        left.swap(returned_);
    }
    while (auto one = left.pop_front()) {
        one->reply_shard.reset();
        deliver_or_keep(std::move(one), delivery::post, owner_.timer());
    }
    hand_on(pending_);
    connection_->close();
}

void resident_reader::submit(job_ptr<read_job> one) noexcept {
    pending_.push_back(std::move(one));
    if (drain_posted_) return;
    try {
        // Behind every handler that is ready now: their reads join this turn's batch.
        boost::asio::post(context_, [self = shared_from_this()] { self->drain(); });
        drain_posted_ = true;
    } catch (...) {
        hand_on(pending_);
    }
}

void resident_reader::drain() {
    drain_posted_ = false;
    job_list<read_job> turn;
    turn.swap(pending_);
    if (turn.empty()) return;  // the shard has ended meanwhile
    job_list<job> done;
    job_list<read_job> handed_on;
    auto& probe = connection_->probe();
    const auto begun = clock::now();
    probe.window.began(begun);
    run_turn(turn, done, handed_on);
    const auto ended = clock::now();
    probe.window.ended(ended);
    probe.execution_nanoseconds.add(ended - begun);
    hand_on(handed_on);
    deliver_here(done);
}

// A handler that throws ends this turn of the loop; those behind it run in the next.
void resident_reader::deliver_here(job_list<job>& done) {
    struct deliver_rest_later {
        resident_reader& self;
        job_list<job>& rest;
        ~deliver_rest_later() {
            if (rest.empty() || self.take_back(rest)) return;
            while (auto one = rest.pop_front()) deliver_or_keep(std::move(one), delivery::post, self.owner_.timer());
        }
    } guard{*this, done};
    while (auto one = done.pop_front()) {
        const bool is_of_this_context = one->context == &context_;
        one->reply_shard.reset();
        if (!is_of_this_context) {
            deliver_or_keep(std::move(one), delivery::post, owner_.timer());
            continue;
        }
        auto* const raw = one.release();
        if (!raw->deliver(delivery::dispatch)) deliver_or_keep(job_ptr<job>(raw), delivery::post, owner_.timer());
    }
}

void resident_reader::fail_turn(job_list<read_job>& turn, const error& reason, job_list<job>& done) noexcept {
    while (auto one = turn.pop_front()) {
        one->fail(error(reason.code()));
        one->release_work();
        done.push_back(std::move(one));
    }
}

void resident_reader::run_turn(job_list<read_job>& turn, job_list<job>& done, job_list<read_job>& handed_on) noexcept {
    const auto begun = clock::now();
    connection_->replace_if_old(begun);
    if (auto ready = connection_->begin(begun); !ready) return fail_turn(turn, ready.error(), done);
    const std::chrono::nanoseconds budget = owner_.settings().read_budget;
    const auto processor_begun = sqlite::thread_time();
    while (auto one = turn.pop_front()) {
        const auto now = clock::now();
        // Tested by the clock first: reading the processor's time is a system call.
        if (sheds_rest(now - begun, budget) && sheds_rest(sqlite::thread_time() - processor_begun, budget)) {
            handed_on.push_back(std::move(one));
            continue;
        }
        run_one(std::move(one), now, done, handed_on);
    }
    connection_->end();
}

void resident_reader::run_one(job_ptr<read_job> next, steady_time now, job_list<job>& done,
                              job_list<read_job>& handed_on) noexcept {
    const std::chrono::nanoseconds budget = owner_.settings().read_budget;
    auto& probe = connection_->probe();
    probe.waits.waited(now - next->accepted);
    if (has_lapsed(*next, now)) {
        probe.expired.add();
        next->fail(reason_lapsed(*next));
    } else if (connection_->run(*next, now, sqlite::budget_clock(now, budget)) == read_connection::fate::over_budget) {
        if (deep_.contains(next->fingerprint)) known_deep_.add();
        else overruns_.add();
        deep_.overran(next->fingerprint, budget);
        handed_on.push_back(std::move(next));
        return;
    }
    next->release_work();
    done.push_back(std::move(next));
}

void resident_reader::hand_on(job_list<read_job>& jobs) noexcept {
    while (auto one = jobs.pop_front()) {
        if (is_attached_ && one->context == &context_) one->reply_shard = shared_from_this();
        owner_.submit_background(std::move(one));
    }
}

bool resident_reader::take_back(job_list<job>& finished) noexcept {
    {
        std::lock_guard lock(mutex_);
        if (!is_attached_.load(std::memory_order_relaxed)) return false;
        const bool was_empty = returned_.empty();
        returned_.append(finished);
        if (!was_empty) return true;
    }
    try {
        boost::asio::post(context_, [self = shared_from_this()] { self->deliver_returned(); });
        return true;
    } catch (...) {
        // The jobs go their own ways, each kept by the timer while there is no memory for it.
        std::lock_guard lock(mutex_);
        finished.append(returned_);
        return false;
    }
}

void resident_reader::deliver_returned() {
    job_list<job> came;
    {
        std::lock_guard lock(mutex_);
        came.swap(returned_);
    }
    if (came.empty()) return;
    const std::chrono::nanoseconds budget = owner_.settings().read_budget;
    for (const auto* one = came.front(); one != nullptr; one = job_list<job>::after(*one))
        if (one->fingerprint != 0) deep_.cost_was(one->fingerprint, one->cost, budget);
    deliver_here(came);
}

}  // namespace carrel::detail
