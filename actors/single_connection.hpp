#pragma once

#include <carrel/detail/job.hpp>

#include <new>
#include <utility>

namespace carrel::detail {

/// A read that takes its turn on the writer's connection, between mutations: how programs with one connection for
/// everything do it. Only for the comparison that the failpoint of that name makes.
class read_on_writer final : public write_job {
public:
    static job_ptr<write_job> of(job_ptr<read_job>& read) {
        return job_ptr<write_job>(new read_on_writer(std::move(read)));
    }

    void run(write_session& session) noexcept override { read_->run(session); }
    void discard() noexcept override { read_->discard(); }
    void fail(error reason) noexcept override { read_->fail(std::move(reason)); }
    bool has_failed() const noexcept override { return read_->has_failed(); }
    void release_work() noexcept override { read_->release_work(); }
    bool deliver(delivery way) override {
        auto* const raw = read_.release();
        if (!raw->deliver(way)) {
            read_.reset(raw);
            return false;
        }
        delete this;
        return true;
    }
    void destroy() noexcept override { delete this; }

private:
    explicit read_on_writer(job_ptr<read_job> read)
        : read_(std::move(read)) {
        accepted = read_->accepted;
        deadline = read_->deadline;
        bytes = read_->bytes;
        origin = read_->origin;
        context = read_->context;
        single_statement = true;
    }
    job_ptr<read_job> read_;
};

}  // namespace carrel::detail
