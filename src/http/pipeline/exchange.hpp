#pragma once

#include "http/protocol/entity_tag.hpp"
#include "http/protocol/problem.hpp"
#include "http/routing/endpoints.hpp"
#include "http/routing/router.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

class event_post;
class exchange;
class shard_context;

/// Whoever waits for an exchange: its connection.
class exchange_owner {
public:
    virtual void exchange_done(exchange& done) = 0;
    /// A part of a streamed body was stored: there may be room for more.
    virtual void exchange_advanced(exchange& advanced) = 0;

protected:
    ~exchange_owner() = default;
};

enum class stage { receiving, waiting, running, done };
enum class body_use { discard, collect, stream };
enum class content { none, json, problem, metrics };

/// One request and its reply. Belongs to one shard's thread, but for `asked` and `reply` while `busy`: then an actor has
/// them. An exchange whose connection has gone lives on until its job comes home.
class exchange {
public:
    explicit exchange(shard_context& context);
    ~exchange();

    /// Forgets the request, keeps the room of its strings.
    void reset();

    /// The path as it was sent.
    std::string_view path() const noexcept { return std::string_view(target).substr(0, path_size); }
    bool is_refused() const noexcept { return body_content == content::problem; }

    /// Ends with a reply that carries `reply.body`.
    void answer(unsigned short with_status, content kind);
    void refuse(refusal why, std::string_view detail, std::span<const siem::fault> faults = {},
                extra_members extra = {});
    void refuse(const siem::problem& why, extra_members extra = {});
    /// Maps an engine's error; the diagnostic goes to the log only.
    void refuse(const error& failure, access how, extra_members extra = {});

    /// Job over: tells the owner, or recycles an orphan.
    void finish();
    /// The connection has gone: reads are cancelled, writes run to their end.
    void abandon();

    // Links.
    shard_context* context;
    exchange_owner* owner = nullptr;
    exchange* next = nullptr;  // in the pipeline, or among the idle
    std::size_t slot = 0;      // in the shard_context

    // Request.
    method how = method::get;
    bool is_http11 = true;
    bool keep_alive = true;
    bool must_close = false;  // the rest of the request will not be read
    bool expects_continue = false;
    const endpoint* to = nullptr;
    std::string target;
    std::size_t path_size = 0;
    std::string request_id;
    siem::call asked;
    match_condition if_match;
    bool has_if_match = false;
    std::string if_none_match;
    std::optional<std::chrono::milliseconds> deadline;
    body_use use = body_use::discard;
    std::uint64_t body_seen = 0;
    std::string body;
    std::unique_ptr<event_post> events;

    // Progress.
    stage at = stage::receiving;
    bool busy = false;           // a job of the database holds it
    bool was_cancelled = false;  // nobody waits for the reply
    boost::asio::cancellation_signal left;

    // Reply.
    unsigned short status = 0;
    content body_content = content::none;
    siem::reply reply;
    std::uint64_t commit = 0;
    std::uint64_t retry_after = 0;
    method_set allow = 0;
    bool tells_allow = false;
};

}  // namespace carrel::http
