#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace carrel::detail {

/// Room for the one function that a strand has under way, so that handing it to an executor can fail without losing it.
/// Used by the thread that runs or wakes the strand, one at a time.
class turn_slot {
public:
    turn_slot() = default;
    ~turn_slot() { clear(); }
    turn_slot(const turn_slot&) = delete;
    turn_slot& operator=(const turn_slot&) = delete;

    /// Moving it must not throw; Asio's do not, though they do not say so.
    template <class Function>
    void hold(Function function) noexcept {
        static_assert(sizeof(Function) <= capacity);
        clear();
        new (memory_) Function(std::move(function));
        act_ = [](void* at, bool runs) {
            Function held(std::move(*std::launder(static_cast<Function*>(at))));
            std::destroy_at(std::launder(static_cast<Function*>(at)));
            if (runs) held();
        };
    }
    /// Runs what is held, which may hold the next before it returns.
    void run() {
        if (auto* const act = std::exchange(act_, nullptr)) act(memory_, true);
    }
    void clear() {
        if (auto* const act = std::exchange(act_, nullptr)) act(memory_, false);
    }

private:
    static constexpr std::size_t capacity = 128;
    alignas(std::max_align_t) std::byte memory_[capacity];
    void (*act_)(void*, bool runs) = nullptr;
};

/// The executor under the mutation queue's strand: a strand whose own executor throws is stuck for good, and throws in a
/// destructor when it goes from one function to the next. So this one never throws: `Owner::post_slot` tries again later.
template <class Owner>
class turn_executor {
public:
    explicit turn_executor(Owner& owner) noexcept
        : owner_(&owner) {}

    boost::asio::execution_context& context() const noexcept {
        return boost::asio::query(owner_->executor(), boost::asio::execution::context);
    }
    void on_work_started() const noexcept {}
    void on_work_finished() const noexcept {}
    template <class Function, class Allocator>
    void post(Function&& function, const Allocator&) const noexcept {
        owner_->slot().hold(std::decay_t<Function>(std::forward<Function>(function)));
        owner_->post_slot();
    }
    template <class Function, class Allocator>
    void dispatch(Function&& function, const Allocator& allocator) const noexcept {
        post(std::forward<Function>(function), allocator);
    }
    template <class Function, class Allocator>
    void defer(Function&& function, const Allocator& allocator) const noexcept {
        post(std::forward<Function>(function), allocator);
    }
    friend bool operator==(const turn_executor& a, const turn_executor& b) noexcept { return a.owner_ == b.owner_; }
    friend bool operator!=(const turn_executor& a, const turn_executor& b) noexcept { return !(a == b); }

private:
    Owner* owner_;
};

}  // namespace carrel::detail
