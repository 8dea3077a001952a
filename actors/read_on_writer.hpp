#pragma once

#include <carrel/detail/job.hpp>

#include <memory>
#include <utility>

namespace carrel::detail {

/// A read that takes its turn on the writer's connection, between mutations: how programs with one connection for
/// everything do it. Only for the comparison that `options::single_connection` makes.
class read_on_writer final : public write_job {
public:
    explicit read_on_writer(std::unique_ptr<read_job> read)
        : read_(std::move(read)) {
        accepted = read_->accepted;
        deadline = read_->deadline;
        bytes = read_->bytes;
        single_statement = true;
    }

    void run(write_session& session) override { read_->run(session); }
    void discard() noexcept override { read_->discard(); }
    void fail(error reason) override { read_->fail(std::move(reason)); }
    bool has_failed() const noexcept override { return read_->has_failed(); }
    void release_work() noexcept override { read_->release_work(); }
    void deliver(delivery how) override {
        read_.release()->deliver(how);
        delete this;
    }

private:
    std::unique_ptr<read_job> read_;
};

}  // namespace carrel::detail
