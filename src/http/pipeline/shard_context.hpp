#pragma once

#include "base/uuid.hpp"
#include "http/pipeline/exchange_pool.hpp"
#include "http/pipeline/held_requests.hpp"
#include "http/pipeline/request_records.hpp"
#include "http/pipeline/shard_status.hpp"
#include "http/protocol/deflater.hpp"
#include "http/server_context.hpp"
#include "json/reader.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <string>

namespace carrel::http {

/// What the requests of one shard share. Touched only by the shard's thread.
class shard_context {
public:
    shard_context(server_context& server, boost::asio::io_context& io);

    server_context& server() noexcept { return *server_; }
    database& store() noexcept { return *server_->store; }
    boost::asio::io_context::executor_type executor() noexcept { return io_->get_executor(); }

    json::reader& reader() noexcept { return reader_; }
    std::string fresh_id() { return fresh_id_(); }
    siem::uuid fresh_uuid() { return fresh_id_.next(); }
    void name_request(std::string& id);

    /// The time requests of this turn were received.
    siem::timestamp now() const noexcept { return now_; }
    void set_now(siem::timestamp now) noexcept { now_ = now; }

    exchange& make_exchange() { return exchanges_.make(*this); }
    /// The request is over, whether it was answered or its connection has gone.
    void retire(exchange& done) {
        records_.note_end(done, now_);
        exchanges_.retire(done);
    }

    held_requests& held() noexcept { return held_; }
    request_records& records() noexcept { return records_; }
    shard_status& status() noexcept { return status_; }
    /// A response begins.
    void count(const request& of, const response& answer) noexcept;
    /// Whether a request body could be parsed now. Never throws.
    bool can_parse() noexcept;

    /// Packs the response's body if the client takes gzip and it pays.
    void pack(const request& of, response& answer);

    /// Something failed that no client has caused: logged, and readiness is false until the shard's self-check passes.
    void note_failure(std::string_view what, std::string_view why = {}, std::string_view request_id = {}) noexcept;
    void log(log_level level, std::string_view text) const {
        if (server_->log) server_->log(level, text);
    }
    /// A line that arose from a request. Any thread.
    void log(log_level level, std::string_view text, const telemetry::log_origin& origin) const;

private:
    server_context* server_;
    boost::asio::io_context* io_;
    json::reader reader_;
    siem::uuid_generator fresh_id_;
    siem::timestamp now_ = 0;
    std::string request_prefix_;
    std::uint64_t request_ids_ = 0;
    shard_status status_;
    held_requests held_;
    request_records records_;
    exchange_pool exchanges_;
    deflater deflater_;
    std::string packed_;
};

}  // namespace carrel::http
