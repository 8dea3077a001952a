#pragma once

#include "base/uuid.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/server_context.hpp"
#include "json/reader.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
    void name_request(std::string& into);

    /// The time requests of this turn were received.
    siem::timestamp now() const noexcept { return now_; }
    void set_now(siem::timestamp now) noexcept { now_ = now; }

    /// Exchanges are reused: their strings keep their room.
    exchange& take_exchange();
    void give_back(exchange& done);

    response_counts& counts() noexcept { return counts_; }

    void log(log_level level, std::string_view text) const {
        if (server_->log) server_->log(level, text);
    }

private:
    static constexpr std::size_t idle_exchanges_max = 256;

    server_context* server_;
    boost::asio::io_context* io_;
    json::reader reader_;
    siem::uuid_generator fresh_id_;
    siem::timestamp now_ = 0;
    std::string request_prefix_;
    std::uint64_t requests_named_ = 0;
    response_counts counts_;
    std::vector<std::unique_ptr<exchange>> all_;
    exchange* idle_ = nullptr;
    std::size_t idle_count_ = 0;
};

}  // namespace carrel::http
