#pragma once

#include <carrel/as_result.hpp>
#include <carrel/detail/job.hpp>
#include <carrel/export.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace boost::asio::detail {
template <class T, class Blocking>
class promise_executor;
}

namespace carrel::detail {

class deadline_timer;
CARREL_API void notice_cancellation(deadline_timer& timer) noexcept;

/// Marks the job whose `deliver` runs on this thread, so that an executor that throws does not take the job along.
class CARREL_API delivery_scope {
public:
    explicit delivery_scope(const job& delivered) noexcept;
    ~delivery_scope();
    delivery_scope(const delivery_scope&) = delete;
    delivery_scope& operator=(const delivery_scope&) = delete;

    /// Called as what travels ends without having run: whether an exception is leaving the delivery of this job on this
    /// thread, which keeps the job then.
    static bool keeps(const job& one) noexcept;
    /// Called as the handler is about to run.
    static void runs(const job& one) noexcept;

    bool was_kept() const noexcept { return was_kept_; }
    bool has_run() const noexcept { return has_run_; }

private:
    const job& delivered_;
    delivery_scope* const outer_;
    const int exceptions_;
    bool was_kept_ = false;
    bool has_run_ = false;
};

/// The io_context behind an executor, if it is one.
template <class Executor>
boost::asio::io_context* context_of(const Executor& executor) noexcept {
    using io_executor = boost::asio::io_context::executor_type;
    if constexpr (std::is_same_v<Executor, io_executor>) {
        return &executor.context();
    } else if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
        const auto* io = executor.template target<io_executor>();
        return io == nullptr ? nullptr : &io->context();
    } else {
        return nullptr;
    }
}

/// Keeps an executor's context running. That of a future's promise has none: it runs all at once, where it is called.
template <class Executor>
class outstanding_work {
public:
    static constexpr bool runs_at_once = false;
    explicit outstanding_work(const Executor& of)
        : guard_(of) {}
    Executor get_executor() const noexcept { return guard_.get_executor(); }

private:
    boost::asio::executor_work_guard<Executor> guard_;
};
template <class T, class Blocking>
class outstanding_work<boost::asio::detail::promise_executor<T, Blocking>> {
public:
    static constexpr bool runs_at_once = true;
    template <class Executor>
    explicit outstanding_work(const Executor&) noexcept {}
};

/// Gives `function` to an executor. Those that cannot promise not to block (`any_completion_executor`) get that as a preference.
template <class Executor, class Function>
void give_to(const Executor& executor, delivery way, Function&& function) {
    using never = boost::asio::execution::blocking_t::never_t;
    if (way == delivery::dispatch) boost::asio::dispatch(executor, std::forward<Function>(function));
    else if constexpr (boost::asio::can_require_v<Executor, never> || !boost::asio::execution::is_executor_v<Executor>)
        boost::asio::post(executor, std::forward<Function>(function));
    else
        boost::asio::dispatch(boost::asio::prefer(executor, boost::asio::execution::blocking.never),
                              std::forward<Function>(function));
}

/// Calls a handler with an outcome, in the form that it was made for.
template <class Handler, class Reply>
void complete_with(Handler& handler, result<Reply>&& outcome, diagnostics* why) {
    if constexpr (is_as_result_handler<Handler>) {
        std::move(handler)(std::move(outcome));
    } else {
        error_code code;
        if (!outcome) {
            code = outcome.error().code();
            if (why != nullptr) *why = diagnostics(std::move(outcome.error()));
        }
        if constexpr (std::is_void_v<Reply>) {
            std::move(handler)(code);
        } else {
            static_assert(std::is_default_constructible_v<Reply>,
                          "a value that cannot be made without arguments needs as_result(token): an error has none");
            if (outcome) std::move(handler)(code, std::move(*outcome));
            else std::move(handler)(code, Reply());
        }
    }
}

/// The way back to an Asio handler, common to reads and writes: the handler, its executor's outstanding work, its
/// cancellation slot and the outcome. Memory comes from the handler's associated allocator.
template <class Base, class Reply, class Handler>
class handler_reply : public Base {
public:
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using allocator_type = boost::asio::associated_allocator_t<Handler>;
    using outstanding = outstanding_work<executor_type>;

    handler_reply(const boost::asio::any_io_executor& fallback, const std::shared_ptr<deadline_timer>& timer,
                  diagnostics* why, Handler&& handler)
        : handler_(std::move(handler)),
          allocator_(boost::asio::get_associated_allocator(handler_)),
          work_(boost::asio::get_associated_executor(handler_, fallback)),
          why_(why) {
        if constexpr (!outstanding::runs_at_once) this->context = context_of(work_.get_executor());
        if (boost::asio::get_associated_cancellation_slot(handler_).is_connected()) timer_ = timer;
    }

    /// Connects the handler's cancellation slot, once the job is whole. Throws `std::bad_alloc`.
    void watch_slot() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign([this](boost::asio::cancellation_type) {
            this->cancelled.store(true, std::memory_order_relaxed);
            notice_cancellation(*timer_);
        });
    }

    void fail(error reason) noexcept final { outcome_.emplace(std::move(reason)); }
    bool has_failed() const noexcept final { return outcome_ && outcome_->has_error(); }
    bool was_interrupted() const noexcept final { return has_failed() && outcome_->error() == sqlite_errc::interrupt; }

    bool deliver(delivery way) final {
        // A future is set at once: posting would take the threads that Asio makes for its promises.
        if constexpr (outstanding::runs_at_once) complete();
        else return give(this->waits_on_thread ? delivery::dispatch : way);
        return true;
    }

protected:
    virtual result<Reply> finished() { return std::move(*outcome_); }

    /// Ends `self`, the most derived object, and gives its memory back.
    template <class Final>
    static void dispose(Final& self) noexcept {
        using traits = typename std::allocator_traits<allocator_type>::template rebind_traits<Final>;
        typename traits::allocator_type allocator(self.allocator_);
        traits::destroy(allocator, &self);
        traits::deallocate(allocator, &self, 1);
    }

    std::optional<result<Reply>> outcome_;

private:
    bool give(delivery way) {
        const auto executor = work_.get_executor();
        const delivery_scope scope(*this);
        try {
            give_to(executor, way, arrival(this));
        } catch (...) {
            if (scope.was_kept()) return false;
            if (scope.has_run()) throw;
            // The executor holds it although it threw, as a strand does whose own executor had no memory.
        }
        return true;
    }

    // What travels to the executor. It owns the job, unless the executor throws while it is being given to it.
    class arrival {
    public:
        using allocator_type = handler_reply::allocator_type;
        explicit arrival(handler_reply* owned) noexcept
            : owned_(owned) {}
        arrival(arrival&& other) noexcept
            : owned_(std::exchange(other.owned_, nullptr)) {}
        ~arrival() {
            if (owned_ != nullptr && !delivery_scope::keeps(*owned_)) owned_->abandon();
        }
        allocator_type get_allocator() const noexcept { return owned_->allocator_; }
        void operator()() {
            delivery_scope::runs(*owned_);
            std::exchange(owned_, nullptr)->complete();
        }

    private:
        handler_reply* owned_;
    };

    // The slot is left before the job ends; both happen on the handler's executor.
    void leave_slot() noexcept {
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected()) slot.clear();
    }
    void abandon() noexcept {
        leave_slot();
        this->destroy();
    }
    void complete() {
        leave_slot();
        [[maybe_unused]] const auto work = std::move(work_);
        Handler handler(std::move(handler_));
        auto outcome = finished();
        auto* const why = why_;
        this->destroy();
        complete_with(handler, std::move(outcome), why);
    }

    Handler handler_;
    [[no_unique_address]] allocator_type allocator_;
    outstanding work_;
    diagnostics* why_;
    std::shared_ptr<deadline_timer> timer_;
};

/// Makes a job in memory of its handler's allocator.
template <class Job, class Handler, class... Args>
job_ptr<Job> make_job(Handler&& handler, Args&&... args) {
    using traits = typename std::allocator_traits<typename Job::allocator_type>::template rebind_traits<Job>;
    typename traits::allocator_type allocator(boost::asio::get_associated_allocator(handler));
    auto* const memory = traits::allocate(allocator, 1);
    try {
        traits::construct(allocator, memory, std::forward<Args>(args)..., std::move(handler));
    } catch (...) {
        traits::deallocate(allocator, memory, 1);
        throw;
    }
    return job_ptr<Job>(memory);
}

}  // namespace carrel::detail
