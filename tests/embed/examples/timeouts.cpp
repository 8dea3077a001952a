// A time-out as a token: Boost 1.86 has `cancel_after`, and this is what it does, for the Boost of today. The operations of
// carrel take such tokens, since an initiation carries its executor and looks at its handler's cancellation slot.
#include <carrel/database.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

using namespace std::chrono_literals;

template <class Token>
struct cancel_after {
    std::chrono::milliseconds time;
    Token token;
};

template <class Token, class Signature>
struct boost::asio::async_result<cancel_after<Token>, Signature> {
    template <class Initiation, class Given, class... Args>
    static auto initiate(Initiation initiation, Given&& given, Args&&... args) {
        auto start = [initiation = std::move(initiation), time = given.time](auto handler, auto&&... rest) mutable {
            const auto executor = get_associated_executor(handler, get_associated_executor(initiation));
            auto timer = std::make_shared<steady_timer>(executor, time);
            auto signal = std::make_shared<cancellation_signal>();
            timer->async_wait([signal](carrel::error_code ended_early) {
                if (!ended_early) signal->emit(cancellation_type::total);
            });
            auto complete = [handler = std::move(handler), timer, signal](auto&&... results) mutable {
                timer->cancel();
                std::move(handler)(std::forward<decltype(results)>(results)...);
            };
            auto wrapped = bind_executor(executor, bind_cancellation_slot(signal->slot(), std::move(complete)));
            std::move(initiation)(std::move(wrapped), std::forward<decltype(rest)>(rest)...);
        };
        return async_initiate<Token, Signature>(std::move(start), given.token, std::forward<Args>(args)...);
    }
};

carrel::result<std::optional<std::int64_t>> count_for_ever(carrel::read_session& session) {
    return session.first_integer(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
}

carrel::result<std::optional<std::int64_t>> one(carrel::read_session& session) {
    return session.first_integer("SELECT 1");
}

boost::asio::awaitable<bool> show(carrel::database& notes) {
    using boost::asio::redirect_error;
    using boost::asio::use_awaitable;
    carrel::error_code late, in_time;
    cancel_after short_time{20ms, redirect_error(use_awaitable, late)};
    co_await notes.async_read(count_for_ever, short_time);
    cancel_after long_time{1h, redirect_error(use_awaitable, in_time)};
    const auto read = co_await notes.async_read(one, long_time);
    co_return late == boost::system::errc::operation_canceled && !in_time && read == 1;
}

int main() {
    boost::asio::io_context context;
    auto notes = carrel::database::open({.path = ":memory:"}).value();
    bool is_right = false;
    carrel::error_code failed;
    boost::asio::co_spawn(context, show(notes), [&](const std::exception_ptr& thrown, bool right) {
        if (thrown) std::rethrow_exception(thrown);
        is_right = right;
    });
    auto handler = [&](carrel::error_code code, std::optional<std::int64_t>) { failed = code; };
    notes.async_read(count_for_ever, cancel_after{20ms, boost::asio::bind_executor(context, handler)});
    context.run();
    std::cout << failed.message() << '\n';
    return is_right && failed == carrel::errc::cancelled ? 0 : 1;
}
