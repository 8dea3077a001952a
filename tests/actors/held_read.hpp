#pragma once

#include "support/waiting.hpp"

#include <future>
#include <memory>
#include <utility>

namespace carrel::testing {

/// A background read that has begun, holds its snapshot and waits to be let go.
class held_read {
public:
    explicit held_read(database& db) {
        auto entered = std::make_shared<std::promise<void>>();
        auto work = [hold = hold_, entered](read_session& session) -> result<void> {
            auto seen = session.first_integer("SELECT count(*) FROM sqlite_schema");
            entered->set_value();
            hold->wait();
            if (!seen) return seen.error();
            return {};
        };
        done_ =
            db.async_read(std::move(work), {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
        entered->get_future().wait();
    }
    ~held_read() { release(); }
    held_read(const held_read&) = delete;
    held_read& operator=(const held_read&) = delete;

    void release() {
        if (std::exchange(released_, true)) return;
        hold_->open();
        done_.wait();
    }

private:
    std::shared_ptr<gate> hold_ = std::make_shared<gate>();
    std::future<result<void>> done_;
    bool released_ = false;
};

}  // namespace carrel::testing
