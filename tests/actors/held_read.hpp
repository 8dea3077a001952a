#pragma once

#include "support/waiting.hpp"

#include <future>
#include <memory>
#include <utility>

namespace carrel::testing {

/// A background read that has begun, holds its snapshot and waits to be let go. The constructor throws
/// `std::future_error` if the read ended before it began.
class held_read {
public:
    explicit held_read(database& db) {
        auto entered = std::make_shared<std::promise<void>>();
        auto has_entered = entered->get_future();
        auto work = [hold = hold_, entered = std::move(entered)](read_session& session) -> result<void> {
            auto seen = session.first_integer("SELECT count(*) FROM sqlite_schema");
            entered->set_value();
            hold->wait();
            if (!seen) return seen.error();
            return {};
        };
        done_ =
            db.async_read(std::move(work), {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
        has_entered.get();
    }
    ~held_read() { release(); }
    held_read(const held_read&) = delete;
    held_read& operator=(const held_read&) = delete;

    /// Returns before the read has ended.
    void let_go() {
        if (!std::exchange(let_go_, true)) hold_->open();
    }
    void release() {
        let_go();
        done_.wait();
    }

private:
    std::shared_ptr<gate> hold_ = std::make_shared<gate>();
    std::future<result<void>> done_;
    bool let_go_ = false;
};

}  // namespace carrel::testing
