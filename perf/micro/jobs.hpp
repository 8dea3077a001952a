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
    result<void> operator()(Session&) const {
        return {};
    }
};

class job_maker {
public:
    detail::job_ptr<detail::write_job> write() {
        auto handler = boost::asio::bind_executor(executor_, on_write());
        using reply = detail::handler_reply<detail::write_job, committed<void>, decltype(handler)>;
        return made<detail::write_job_of<reply, no_work, void>>(std::move(handler));
    }
    detail::job_ptr<detail::read_job> read() {
        auto handler = boost::asio::bind_executor(executor_, on_read());
        using reply = detail::handler_reply<detail::read_job, void, decltype(handler)>;
        return made<detail::read_job_of<reply, no_work, void>>(std::move(handler));
    }

private:
    struct on_write {
        void operator()(error_code, const committed<void>&) const {}
    };
    struct on_read {
        void operator()(error_code) const {}
    };

    template <class Job, class Handler>
    detail::job_ptr<Job> made(Handler handler) {
        auto job = detail::make_job<Job>(handler, no_work(), executor_, timer_, nullptr);
        job->accepted = std::chrono::steady_clock::now();
        job->deadline = job->accepted + std::chrono::seconds(5);
        return job;
    }

    boost::asio::io_context context_{1};
    boost::asio::io_context::executor_type executor_ = context_.get_executor();
    std::shared_ptr<detail::deadline_timer> timer_;
};

}  // namespace carrel::micro
