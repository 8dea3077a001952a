#pragma once

#include "http/byte_budget.hpp"
#include "http/pipeline/request.hpp"
#include "http/pipeline/response.hpp"
#include "http/pipeline/traced_jobs.hpp"
#include "http/protocol/problem.hpp"

#include <carrel/job_options.hpp>
#include <carrel/options.hpp>
#include <carrel/queries.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace carrel::http {

class body_stream;
struct kept_credential;
class exchange;
class shard_context;

/// What waits for an exchange: its connection.
class exchange_owner {
public:
    virtual void exchange_done(exchange& done) = 0;
    /// A part of a streamed body was stored: there may be room for more.
    virtual void exchange_advanced(exchange& advanced) = 0;
    /// The next piece of a streamed response is ready.
    virtual void exchange_continued(exchange& continued) = 0;

protected:
    ~exchange_owner() = default;
};

enum class stage { receiving, waiting, running, streaming, done };

/// One request and its response. Made anew for each request by `shard_context::make_exchange`. Belongs to one shard's
/// thread, but for `request.call` and `response.reply` while `busy`: then an actor has them. An exchange whose connection
/// has gone lives on until its job has completed.
class exchange final : public job_origin {
public:
    exchange(shard_context& context, spare_room& room);
    ~exchange();

    /// Gives the strings' memory back, without their bytes.
    void release_room(spare_room& room) noexcept;

    /// Ends with a response that carries `response.reply.body`.
    void answer(unsigned short status, content kind);
    void refuse(refusal why, std::string_view detail, std::span<const siem::fault> faults = {},
                extra_members extra = {});
    void refuse(const siem::problem& why, extra_members extra = {});
    /// Maps an engine's error; the diagnostic goes to the log only.
    void refuse(const error& failure, session_kind mode, extra_members extra = {});
    /// The same of a write's later part: what came before it is stored, and `extra` says how much.
    void refuse_rest(const error& failure, extra_members extra);
    /// Refuses what may have been answered by its head, unless that was a refusal.
    void refuse_body(refusal why, std::string_view detail);
    bool is_done() const noexcept { return stage == http::stage::done; }

    /// Writes a line of the log that arose from its request. Any thread.
    void log(log_level level, std::string_view text) const;

    /// What all its jobs have in common: whose they are, how long they may take, and where the times go of one whose trace is kept.
    job_options job_settings() {
        job_options settings;
        settings.deadline = request.deadline;
        settings.origin = this;
        if (request.trace.is_kept) settings.timing = timing_of_next_job();
        return settings;
    }
    /// Its job has an outcome, null if that is no error.
    void note_outcome(const error* failure, session_kind mode) noexcept;
    /// Its job has completed: notifies the owner, or retires an exchange without one.
    void finish();
    /// What the list of running queries and the log of slow ones say of its jobs.
    origin_labels labels() const override;
    /// The connection has gone: reads are cancelled, writes run to their end.
    void abandon();

    shard_context* context;
    exchange_owner* owner = nullptr;
    exchange* next = nullptr;  // in the pipeline
    std::size_t slot = 0;      // in the pool

    kept_credential* credential = nullptr;  // its connection's, while the head is looked at

    http::request request;
    http::response response;
    std::unique_ptr<body_stream> stream;  // of a body that is worked on while it comes
    byte_budget::claim claim;             // on the bytes of all bodies in flight

    http::stage stage = http::stage::receiving;
    bool has_piece = false;   // of a streamed response, in `response.reply.body`
    bool has_head = false;    // that of a streamed response is on its way
    bool is_cut_off = false;  // no further piece can be made
    bool busy = false;        // a job of the database holds it
    // Of a request that may be held: see held_requests.
    bool is_held = false;
    std::optional<std::chrono::steady_clock::time_point> held_until;
    std::uint64_t announced = 0;
    boost::asio::cancellation_signal cancellation;
    // What its log line and its span say when it is over.
    bool is_answered = false;      // its response has begun
    bool is_whole = false;         // ... and was made to its end
    std::uint64_t sent_bytes = 0;  // of the body
    request_times times;
    std::unique_ptr<traced_jobs> jobs;  // null before the first, and if its trace is not kept

private:
    job_timing* timing_of_next_job();
};

}  // namespace carrel::http
