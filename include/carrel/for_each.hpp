#pragma once

#include <carrel/database.hpp>
#include <carrel/detail/row_channel.hpp>
#include <carrel/row.hpp>

#include <boost/asio/associator.hpp>

#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace carrel {

/// A SELECT whose rows are read as `Row`, with the values of its parameters. Made by `query<Row>(sql, values...)`.
template <class Row, class... Values>
class query_of {
public:
    static_assert((!detail::is_view_like_v<Values> && ...), "query: a view would outlive what it shows");
    static_assert(!detail::row_holds_views<Row>, "query: rows leave the reader, so they hold no views");
    using row = Row;

    template <class... Given>
    explicit query_of(read_sql sql, Given&&... values)
        : text_(sql.text()),
          values_(detail::own<Values>(std::forward<Given>(values))...) {}

    /// The statement with its values, which are these.
    result<statement> prepare(read_session& session) const {
        auto rows = session.prepare(read_sql::dynamic(text_));
        if (rows) std::apply([&](const auto&... values) { rows->bind(values...); }, values_);
        return rows;
    }

private:
    std::string text_;
    std::tuple<Values...> values_;
};

/// `query<note>("SELECT id, text FROM notes WHERE id > ?", 7)`: owns its text and its values, views as what they show.
template <class Row, class... Given>
query_of<Row, detail::owned_t<Given>...> query(read_sql sql, Given&&... values) {
    return query_of<Row, detail::owned_t<Given>...>(sql, std::forward<Given>(values)...);
}

namespace detail {

template <class Query, class Channel>
class stream_work {
public:
    stream_work(Query query, std::shared_ptr<Channel> channel)
        : query_(std::move(query)),
          channel_(std::move(channel)) {}

    result<std::uint64_t> operator()(read_session& session) const {
        if (channel_->has_begun()) return error(sqlite_errc::interrupt);
        auto handed = hand_over_all(session);
        if (!handed) return handed;
        if (auto drained = channel_->drain(session); !drained) return drained.error();
        return handed;
    }

private:
    // How many rows were handed over when there were no more or the host wanted no more.
    result<std::uint64_t> hand_over_all(read_session& session) const {
        auto rows = query_.prepare(session);
        if (!rows) return rows.error();
        std::uint64_t handed = 0;
        for (bool goes_on = true; goes_on;) {
            auto batch = channel_->take_spare();
            auto filled = batch.fill(*rows);
            if (!filled) return filled.error();
            if (batch.size() == 0) break;
            handed += batch.size();
            auto wanted = channel_->push(session, std::move(batch));
            if (!wanted) return wanted.error();
            goes_on = *filled && *wanted;
        }
        return handed;
    }

    Query query_;
    std::shared_ptr<Channel> channel_;
};

/// Completes the operation when the consumer has come to rest.
template <class Handler, class Channel>
class stream_handler {
public:
    stream_handler(Handler&& handler, std::shared_ptr<Channel> channel, diagnostics* why)
        : at_end_(std::make_unique<completion>(std::move(handler), why)),
          channel_(std::move(channel)) {}

    void operator()(result<std::uint64_t>&& outcome) {
        auto channel = std::move(channel_);
        at_end_->outcome = std::move(outcome);
        channel->end(std::move(at_end_));
    }
    const Handler& handler() const noexcept { return at_end_->handler; }

private:
    // Made with the operation, so that its end needs no memory.
    class completion final : public at_rest {
    public:
        completion(Handler&& completes, diagnostics* diagnosed)
            : handler(std::move(completes)),
              why(diagnosed) {}
        void run() override { complete_with(handler, std::move(outcome), why); }

        Handler handler;
        result<std::uint64_t> outcome = std::uint64_t{0};
        diagnostics* why;
    };
    std::unique_ptr<completion> at_end_;
    std::shared_ptr<Channel> channel_;
};

template <class Handler, class Channel>
inline constexpr bool is_as_result_handler<stream_handler<Handler, Channel>> = true;

// A future's executor would run the consumer on threads that Asio makes, with the name and the priority of a reader's.
template <class Executor>
using consumer_executor_t =
    std::conditional_t<outstanding_work<Executor>::runs_at_once, boost::asio::any_io_executor, Executor>;

struct initiate_stream : initiation {
    template <class Handler, class Query, class Consume>
    void operator()(Handler&& handler, Query&& query, Consume&& consume, const job_options& per_job, bool waits) const {
        using taken = std::decay_t<Handler>;
        using executor = consumer_executor_t<boost::asio::associated_executor_t<taken, boost::asio::any_io_executor>>;
        using channel = row_channel<typename std::decay_t<Query>::row, std::decay_t<Consume>, executor>;
        using wrapped = stream_handler<taken, channel>;
        using work = stream_work<std::decay_t<Query>, channel>;
        using reply = handler_reply<read_job, std::uint64_t, wrapped>;
        auto rows =
            std::make_shared<channel>(std::forward<Consume>(consume), consumer_executor<executor>(handler, waits));
        wrapped completing(std::move(handler), rows, per_job.diagnostics);
        auto job = made<read_job_of<reply, work, std::uint64_t>>(completing, waits, nullptr,
                                                                 work(std::forward<Query>(query), rows));
        job->is_background = true;
        submit(*target, std::move(job), per_job);
    }

private:
    template <class Executor, class Handler>
    Executor consumer_executor(const Handler& handler, bool waits) const {
        using associated = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
        auto fallback = fallback_executor(*target, waits);
        if constexpr (outstanding_work<associated>::runs_at_once) return fallback;
        else return boost::asio::get_associated_executor(handler, fallback);
    }
};

}  // namespace detail

/// Streams the rows of a query to the host: a background reader reads them in one snapshot, and `consume(Row&&)` gets them
/// in order on the handler's executor, one at a time (for `use_future` on `database::get_executor()`). They come in batches of what it reads in half a millisecond, of 4096
/// at most, and the reader waits while the host has not consumed two of them, so memory is bounded whatever the result's
/// size.
///
/// Query           `query<Row>(sql, values...)`.
/// Consume         `void(Row&&)`, or `bool(Row&&)` where false ends the stream well. What it throws ends the stream with
///                 `work_threw`.
/// Signature       `void(error_code, std::uint64_t)`: how many rows were handed over, in whole batches if it was ended.
///                 The handler runs after the last row was consumed, and no row is consumed after it.
/// Deadline        holds while the host consumes, too; so does the WAL's cap on the snapshot (`snapshot_too_old`).
/// Cancellation    any type; between two rows.
/// Errors          as `database::async_read`.
template <class Row, class... Values, class Consume, detail::value_token<std::uint64_t> Token>
auto async_for_each(database& from, query_of<Row, Values...> rows, Consume consume, job_options per_job,
                    Token&& token) {
    static_assert(std::is_invocable_v<Consume&, Row&&>, "consume is called as void(Row&&) or bool(Row&&)");
    return boost::asio::async_initiate<Token, void(error_code, std::uint64_t)>(
        detail::initiate_stream{detail::engine_of(from)}, token, std::move(rows), std::move(consume), per_job,
        detail::waits_on_thread<Token>);
}
template <class Row, class... Values, class Consume, detail::value_token<std::uint64_t> Token>
auto async_for_each(database& from, query_of<Row, Values...> rows, Consume consume, Token&& token) {
    return async_for_each(from, std::move(rows), std::move(consume), job_options(), std::forward<Token>(token));
}

}  // namespace carrel

template <template <class, class> class Associator, class Handler, class Channel, class Default>
struct boost::asio::associator<Associator, carrel::detail::stream_handler<Handler, Channel>, Default>
    : Associator<Handler, Default> {
    static auto get(const carrel::detail::stream_handler<Handler, Channel>& wrapped,
                    const Default& fallback = Default()) noexcept {
        return Associator<Handler, Default>::get(wrapped.handler(), fallback);
    }
};
