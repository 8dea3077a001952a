#pragma once

#include <carrel/detail/completion.hpp>
#include <carrel/detail/work.hpp>
#include <carrel/error.hpp>
#include <carrel/session.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace carrel::detail {

/// What runs when the consumer has come to rest.
class at_rest {
public:
    virtual ~at_rest() = default;
    virtual void run() = 0;
};

/// Rows on their way from a reader to the host's executor, in order and in batches. The reader waits while the host has
/// more than it has consumed; the host consumes one row at a time, on whichever threads its executor has.
template <class Row, class Consume, class Executor>
class row_channel : public std::enable_shared_from_this<row_channel<Row, Consume, Executor>> {
public:
    static constexpr std::size_t batch_rows = 512;
    static constexpr std::size_t batches_max = 4;

    row_channel(Consume consume, Executor executor)
        : consume_(std::move(consume)),
          executor_(std::move(executor)) {}

    /// Waits for room and hands a batch over. False if the host wants no more. Errors: why the job must end.
    result<bool> push(read_session& session, std::vector<Row>&& batch) {
        const auto has_room = [this] { return is_stopped_ || ready_.size() < batches_max; };
        std::unique_lock lock(mutex_);
        if (auto waited = wait(session, lock, has_room); !waited) return waited.error();
        if (is_stopped_) return false;
        ready_.push_back(std::move(batch));
        if (is_consuming_) return true;
        // Under the lock, so that the consumer counts as at work exactly when the executor has taken it. If the executor
        // throws, so does the work, and the batch goes with the stream.
        post_consumer();
        is_consuming_ = true;
        return true;
    }
    /// Waits until the host has consumed all. Errors: why the job must end, or `work_threw` if the consumer threw.
    result<void> drain(read_session& session) {
        std::unique_lock lock(mutex_);
        if (auto waited = wait(session, lock, [this] { return !is_consuming_; }); !waited) return waited;
        return failure_;
    }
    /// Runs `then` when no row is being consumed, and consumes none after that. On the host's executor.
    void end(std::unique_ptr<at_rest> then) {
        {
            std::lock_guard lock(mutex_);
            is_stopped_ = true;
            ready_.clear();
            if (is_consuming_) {
                then_ = std::move(then);
                return;
            }
        }
        then->run();
    }

private:
    // The reader holds a connection meanwhile, so it looks at its deadline and cancellation while it waits.
    template <class Condition>
    result<void> wait(read_session& session, std::unique_lock<std::mutex>& lock, Condition condition) {
        constexpr std::chrono::milliseconds look_interval{5};
        while (!changed_.wait_for(lock, look_interval, condition))
            if (auto goes_on = session.check_interrupt(); !goes_on) return goes_on;
        return {};
    }

    void post_consumer() {
        give_to(executor_, delivery::post, [self = this->shared_from_this()] { self->consume_ready(); });
    }

    void consume_ready() {
        std::unique_ptr<at_rest> then;
        for (;;) {
            std::vector<Row> batch;
            {
                std::lock_guard lock(mutex_);
                // Under the lock that found nothing: what is pushed after it posts the consumer again.
                if (ready_.empty() || is_stopped_) {
                    is_consuming_ = false;
                    then = std::move(then_);
                    break;
                }
                batch = std::move(ready_.front());
                ready_.pop_front();
            }
            changed_.notify_one();
            consume(batch);
        }
        changed_.notify_one();
        if (then) then->run();
    }

    // Stops the stream if the host wants no more, or threw.
    void consume(std::vector<Row>& batch) {
        result<void> failed;
        try {
            for (auto& row : batch) {
                if (!consume_one(std::move(row))) break;
                ++consumed_;
            }
            if (consumed_ == batch.size()) {
                consumed_ = 0;
                return;
            }
        } catch (...) {
            failed = error_of_exception();
        }
        std::lock_guard lock(mutex_);
        is_stopped_ = true;
        failure_ = std::move(failed);
        ready_.clear();
    }
    bool consume_one(Row&& row) {
        if constexpr (std::is_same_v<std::invoke_result_t<Consume&, Row&&>, bool>) return consume_(std::move(row));
        else return consume_(std::move(row)), true;
    }

    Consume consume_;
    const Executor executor_;
    std::size_t consumed_ = 0;  // rows of the batch at hand

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::vector<Row>> ready_;  // guarded by mutex_
    bool is_consuming_ = false;           // guarded by mutex_
    bool is_stopped_ = false;             // guarded by mutex_
    result<void> failure_;                // guarded by mutex_
    std::unique_ptr<at_rest> then_;       // guarded by mutex_
};

}  // namespace carrel::detail
