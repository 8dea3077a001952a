#pragma once

#include <carrel/database.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <utility>

// Jobs as `database` makes them, without a database: what the questions about queues hand around.
namespace carrel::micro {

struct no_work {
    template <class Session>
    result<void> operator()(Session&) {
        return {};
    }
};

class job_maker {
public:
    std::unique_ptr<detail::write_job> write() {
        auto handler = boost::asio::bind_executor(executor_, on_write());
        return made<detail::write_job, detail::write_job_of<no_work, void, decltype(handler)>>(std::move(handler));
    }
    std::unique_ptr<detail::read_job> read() {
        auto handler = boost::asio::bind_executor(executor_, on_read());
        return made<detail::read_job, detail::read_job_of<no_work, void, decltype(handler)>>(std::move(handler));
    }

private:
    struct on_write {
        void operator()(const result<committed<void>>&) const {}
    };
    struct on_read {
        void operator()(const result<void>&) const {}
    };

    template <class Base, class Job, class Handler>
    std::unique_ptr<Base> made(Handler handler) {
        auto job = std::make_unique<Job>(no_work(), std::move(handler), executor_);
        job->accepted = std::chrono::steady_clock::now();
        return job;
    }

    boost::asio::io_context context_{1};
    boost::asio::io_context::executor_type executor_ = context_.get_executor();
};

}  // namespace carrel::micro
