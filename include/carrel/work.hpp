#pragma once

#include <carrel/detail/views.hpp>
#include <carrel/session.hpp>

#include <functional>
#include <string>
#include <tuple>
#include <utility>

namespace carrel {

/// Binds a function to the arguments that follow the session: `work(place_order, customer, items)`.
///
/// Arguments are moved or copied in, views as what they show (`string_view` and `const char*` as `std::string`, `span` as
/// `std::vector`), and passed as const lvalues on each run, since a job may run more than once (a read that outgrew its
/// budget, a write whose batch was rolled back by a neighbour). Prefer it to a capturing lambda inside a coroutine: g++ 12
/// destroys the captures of a lambda written in the same full expression as `co_await` twice (PR 107288).
template <class Function, class... Args>
class work {
public:
    template <class... Given>
    explicit work(Function function, Given&&... args)
        : function_(std::move(function)),
          args_(detail::own<Args>(std::forward<Given>(args))...) {}

    template <class Session>
    auto operator()(Session& session) const {
        return std::apply([&](const auto&... args) { return std::invoke(function_, session, args...); }, args_);
    }

private:
    Function function_;
    std::tuple<Args...> args_;
};

template <class Function, class... Given>
work(Function, Given&&...) -> work<Function, detail::owned_t<Given>...>;

/// A mutation of exactly one statement. It needs no savepoint: SQLite undoes a failed statement by itself. Completes with
/// the number of rows changed.
///
/// Owns its SQL (a literal's text is not copied) and its values: a view is kept as what it shows.
template <class... Values>
class one_statement {
public:
    static constexpr bool is_single_statement = true;
    static_assert((!detail::is_view_like_v<Values> && ...), "one_statement: a view would outlive what it shows");

    template <class... Given>
    explicit one_statement(write_sql sql, Given&&... values)
        : literal_(sql.is_literal() ? sql : write_sql("")),
          text_(sql.is_literal() ? std::string_view() : sql.text()),
          values_(detail::own<Values>(std::forward<Given>(values))...) {}

    result<std::int64_t> operator()(write_session& session) const {
        const auto sql = text_.empty() ? literal_ : write_sql::dynamic(text_);
        auto done = std::apply([&](const auto&... values) { return session.execute(sql, values...); }, values_);
        if (!done) return done.error();
        return session.changes();
    }

private:
    write_sql literal_;
    std::string text_;  // SQL made at run time
    std::tuple<Values...> values_;
};

template <class... Given>
one_statement(write_sql, Given&&...) -> one_statement<detail::owned_t<Given>...>;

}  // namespace carrel
