// Associated allocators: what an operation allocates while it is under way comes from its handler's allocator.
#include <carrel/database.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>

struct usage {
    std::atomic<std::size_t> allocations{0};
    std::atomic<std::size_t> held{0};
};

template <class T>
class counting_allocator {
public:
    using value_type = T;
    explicit counting_allocator(usage& counted) noexcept
        : counted_(&counted) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) noexcept
        : counted_(other.counted_) {}

    // May be called on an actor's thread.
    T* allocate(std::size_t count) {
        T* const memory = std::allocator<T>().allocate(count);
        ++counted_->allocations;
        ++counted_->held;
        return memory;
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        --counted_->held;
        std::allocator<T>().deallocate(memory, count);
    }
    bool operator==(const counting_allocator&) const = default;

private:
    template <class U>
    friend class counting_allocator;
    usage* counted_;
};

int main() {
    boost::asio::io_context context;
    auto database = carrel::database::open({.path = ":memory:"}).value();
    usage counted;
    std::int64_t answer = 0;
    std::size_t held_by_handler = 1;

    auto ask = [](carrel::read_session& session) { return session.first_integer("SELECT 6 * 7"); };
    auto on_answer = [&](carrel::error_code failed, std::optional<std::int64_t> found) {
        held_by_handler = counted.held;  // given back before the handler runs
        if (!failed) answer = *found;
    };
    database.async_read(ask, boost::asio::bind_allocator(counting_allocator<std::byte>(counted),
                                                         boost::asio::bind_executor(context, on_answer)));
    context.run();

    std::cout << answer << " with " << counted.allocations << " allocations\n";
    return answer == 42 && counted.allocations > 0 && held_by_handler == 0 ? 0 : 1;
}
