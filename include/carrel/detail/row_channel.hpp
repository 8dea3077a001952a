#pragma once

#include <carrel/detail/completion.hpp>
#include <carrel/detail/work.hpp>
#include <carrel/error.hpp>
#include <carrel/row.hpp>
#include <carrel/session.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
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

/// Rows that are read and consumed together. Rows that can be read in the place of others are, so that their memory is used
/// again and need not go from the reader's thread to the host's and back.
template <class Row>
class row_batch {
public:
    // Waking the other thread costs as much as reading some hundred short rows, and a row that is slow to come should not
    // be kept back for those that follow it.
    static constexpr std::size_t rows_max = 4'096;
    static constexpr std::chrono::microseconds time_max{500};
    static constexpr std::size_t rows_between_looks = 16;  // at the clock

    std::size_t size() const noexcept { return size_; }
    auto begin() noexcept { return rows_.begin(); }
    auto end() noexcept { return rows_.begin() + static_cast<std::ptrdiff_t>(size_); }

    /// Reads what comes next in place of what it held. False if that was all. Errors: the statement's.
    result<bool> fill(statement& from) {
        using clock = std::chrono::steady_clock;
        size_ = 0;
        const auto end = clock::now() + time_max;
        do {
            auto more = from.step();
            if (!more || !*more) return more;
            if (auto failed = read_next(from)) return *std::move(failed);
            ++size_;
        } while (size_ < rows_max && (size_ % rows_between_looks != 0 || clock::now() < end));
        return true;
    }
    /// Ends what is of no use to the rows that come next, on the thread that consumed it.
    void end_rows() noexcept {
        if constexpr (!is_read_in_place) rows_.clear();
    }

private:
    static constexpr bool is_read_in_place = requires(const statement& from, Row& to) {
        { row_mapping<Row>::read_into(from, to) } -> std::same_as<std::optional<error>>;
    };

    std::optional<error> read_next(const statement& from) {
        if constexpr (is_read_in_place) {
            if (size_ == rows_.size()) rows_.push_back(slot{});
            return row_mapping<Row>::read_into(from, rows_[size_].row);
        } else {
            auto row = row_mapping<Row>::read(from);
            if (!row) return std::move(row).error();
            rows_.push_back(slot{*std::move(row)});
            return std::nullopt;
        }
    }

    // A vector of bool has no elements to read into.
    struct slot {
        Row row;
    };
    std::vector<slot> rows_;  // what follows the first `size_` is only kept for its memory
    std::size_t size_ = 0;
};

/// Rows on their way from a reader to the host's executor, in order and in batches. The reader waits while the host has
/// more than it has consumed; the host consumes one row at a time, on whichever threads its executor has.
template <class Row, class Consume, class Executor>
class row_channel : public std::enable_shared_from_this<row_channel<Row, Consume, Executor>> {
public:
    using batch = row_batch<Row>;
    static constexpr std::size_t batches_max = 2;

    row_channel(Consume consume, Executor executor)
        : consume_(std::move(consume)),
          executor_(std::move(executor)) {
        spare_.reserve(batches_max +
                       2);  // those that wait, one with the reader, one with the host: a return needs no memory
    }

    /// A batch to fill: one that was consumed, or a new one.
    batch take_spare() {
        std::lock_guard lock(mutex_);
        if (spare_.empty()) return {};
        auto taken = std::move(spare_.back());
        spare_.pop_back();
        return taken;
    }
    /// Whether rows were handed over: a read that is run again, as one that was interrupted by mistake is, cannot take
    /// them back.
    bool has_begun() {
        std::lock_guard lock(mutex_);
        return has_begun_;
    }
    /// Waits for room and hands a batch over. False if the host wants no more. Errors: why the job must end.
    result<bool> push(read_session& session, batch&& filled) {
        std::unique_lock lock(mutex_);
        if (!has_room(batches_max)) {
            // For room for more than one, or the two threads would wake each other for each.
            const auto is_emptier = [this] { return has_room(batches_max / 2); };
            if (auto waited = wait(session, lock, is_emptier); !waited) return waited.error();
        }
        if (is_stopped_) return false;
        ready_.push_back(std::move(filled));
        has_begun_ = true;
        if (std::exchange(is_consuming_, true)) return true;
        lock.unlock();  // the executor may run it before it returns
        post_consumer();
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
    bool has_room(std::size_t below) const noexcept { return is_stopped_ || ready_.size() < below; }

    // The reader holds a connection meanwhile, so it looks at its deadline and cancellation while it waits.
    template <class Condition>
    result<void> wait(read_session& session, std::unique_lock<std::mutex>& lock, Condition condition) {
        constexpr std::chrono::milliseconds look_interval{5};
        while (!changed_.wait_for(lock, look_interval, condition))
            if (auto goes_on = session.check_interrupt(); !goes_on) return goes_on;
        return {};
    }

    // If the executor throws, so does the work, and the batch goes with the stream.
    void post_consumer() {
        try {
            give_to(executor_, delivery::post, [self = this->shared_from_this()] { self->consume_ready(); });
        } catch (...) {
            std::lock_guard lock(mutex_);
            is_consuming_ = false;
            throw;
        }
    }

    void consume_ready() {
        std::unique_ptr<at_rest> then;
        batch taken;
        for (;;) {
            {
                std::lock_guard lock(mutex_);
                if (taken.size() > 0) spare_.push_back(std::move(taken));
                // Under the lock that found nothing: what is pushed after it posts the consumer again.
                if (ready_.empty() || is_stopped_) {
                    is_consuming_ = false;
                    then = std::move(then_);
                    break;
                }
                taken = std::move(ready_.front());
                ready_.pop_front();
            }
            changed_.notify_one();
            consume(taken);
            taken.end_rows();
        }
        changed_.notify_one();
        if (then) then->run();
    }

    // Stops the stream if the host wants no more, or threw.
    void consume(batch& rows) {
        result<void> failed;
        try {
            const auto wants_more = [this](auto& slot) { return consume_one(std::move(slot.row)); };
            if (std::all_of(rows.begin(), rows.end(), wants_more)) return;
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

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<batch> ready_;        // guarded by mutex_
    std::vector<batch> spare_;       // guarded by mutex_
    bool has_begun_ = false;         // guarded by mutex_
    bool is_consuming_ = false;      // guarded by mutex_
    bool is_stopped_ = false;        // guarded by mutex_
    result<void> failure_;           // guarded by mutex_
    std::unique_ptr<at_rest> then_;  // guarded by mutex_
};

}  // namespace carrel::detail
