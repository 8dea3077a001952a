#pragma once

#include <carrel/session.hpp>

#include <functional>
#include <string>
#include <tuple>
#include <utility>

namespace carrel {

/// Binds a function to the arguments that follow the session: `work(place_order, customer, items)`.
///
/// Arguments are moved or copied in and passed as lvalues on each run, since a job may run more than once (a read that
/// outgrew its budget, a write whose batch was rolled back by a neighbour). Prefer it to a capturing lambda inside a
/// coroutine: g++ 12 destroys the captures of a lambda written in the same full expression as `co_await` twice
/// (PR 107288).
template <class Function, class... Args>
class work {
public:
    explicit work(Function function, Args... args)
        : function_(std::move(function)),
          args_(std::move(args)...) {}

    template <class Session>
    auto operator()(Session& session) {
        return std::apply([&](auto&... args) { return std::invoke(function_, session, args...); }, args_);
    }

private:
    Function function_;
    std::tuple<Args...> args_;
};

/// A mutation of exactly one statement. It needs no savepoint: SQLite undoes a failed statement by itself. Completes with
/// the number of rows changed.
template <class... Values>
class one_statement {
public:
    static constexpr bool is_single_statement = true;

    explicit one_statement(write_sql sql, Values... values)
        : sql_(sql),
          values_(std::move(values)...) {}

    result<std::int64_t> operator()(write_session& session) {
        auto done = std::apply([&](const auto&... values) { return session.execute(sql_, values...); }, values_);
        if (!done) return done.error();
        return session.changes();
    }

private:
    write_sql sql_;
    std::tuple<Values...> values_;
};

}  // namespace carrel
