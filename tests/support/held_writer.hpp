#pragma once

#include "support/waiting.hpp"

#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

namespace carrel::testing {

/// Keeps the writer busy with one job until it is released, so that what is sent meanwhile becomes one batch.
/// The constructor throws `std::future_error` if the job ended before it began.
class held_writer {
public:
    explicit held_writer(database& db)
        : db_(&db) {
        auto entered = std::make_shared<std::promise<void>>();
        auto has_entered = entered->get_future();
        done_ = db.async_write(
            [gate = gate_, entered = std::move(entered),
             once = std::make_shared<std::once_flag>()](write_session&) -> result<void> {
                std::call_once(*once, [&] { entered->set_value(); });  // it may run again
                gate->wait();
                return {};
            },
            as_result(boost::asio::use_future));
        has_entered.get();
    }
    ~held_writer() { release(); }
    held_writer(const held_writer&) = delete;
    held_writer& operator=(const held_writer&) = delete;

    /// Jobs that wait behind the one that holds the writer, which counts as queued too.
    std::uint64_t behind() const { return db_->stats().writer.queue_jobs - 1; }
    void release() {
        if (std::exchange(released_, true)) return;
        gate_->open();
        done_.wait();
    }

private:
    database* db_;
    std::shared_ptr<gate> gate_ = std::make_shared<gate>();
    std::future<result<committed<void>>> done_;
    bool released_ = false;
};

}  // namespace carrel::testing
