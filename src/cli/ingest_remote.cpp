#include "cli/ingest_target.hpp"
#include "cli/retry.hpp"
#include "cli/server_answer.hpp"
#include "json/reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cctype>
#include <thread>

namespace carrel::cli {
namespace {

namespace bj = boost::json;

// Well below the 64 MiB that a server takes, and small enough for the progress bar to move.
constexpr std::size_t request_bytes_max = 16u << 20;
// Longer than the deadline that the request names.
constexpr std::chrono::seconds reply_time_max{90};

std::vector<refused_line> refused_lines(const bj::object& reply, std::int64_t first_line) {
    std::vector<refused_line> refused;
    const auto* errors = reply.if_contains("errors");
    if (errors == nullptr || !errors->is_array()) return refused;
    for (const auto& each : errors->get_array()) {
        if (!each.is_object() || !each.get_object().contains("line")) continue;
        const auto& fault = each.get_object();
        refused.push_back({first_line + integer_at(fault, "line", 1) - 1, text_at(fault, "detail")});
    }
    return refused;
}

// For a query: all but letters, digits and a few more is written in hexadecimal.
std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '.' || c == '_' || c == '-') made.push_back(c);
        else made.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return made;
}

class remote_target final : public ingest_target {
public:
    remote_target(http_url server, std::string run, const std::string& ingest_id)
        : client_(std::move(server), reply_time_max),
          run_(std::move(run)) {
        if (!ingest_id.empty()) path_ += "?ingest_id=" + escaped(ingest_id);
    }

    std::size_t block_bytes_max() const override { return request_bytes_max; }
    void begin_file() override {}
    result<void> end_file(tally&) override { return {}; }

    result<void> take(const event_block& block, tally& into) override {
        auto reply = post(block);
        if (!reply) return reply.error();
        json::parse_failure failure;
        const auto* value = reader_.parse(reply->body, failure);
        const auto* said = value != nullptr ? value->if_object() : nullptr;
        if (said == nullptr) return refusal(*reply, nullptr);
        auto refused = refused_lines(*said, block.first_line);
        // 422 with lines means that each line was refused; any other refusal is of the request.
        const bool all_refused = reply->status == 422 && !refused.empty();
        const bool is_taken = reply->status == 200 || reply->status == 201;
        if (!is_taken && !all_refused) return refusal(*reply, said);
        into.accepted += integer_at(*said, "accepted", 0);
        into.rejected += integer_at(*said, "rejected", all_refused ? block.lines() : 0);
        into.untimed += integer_at(*said, "untimed", 0);
        into.duplicates += integer_at(*said, "duplicates", 0);
        std::move(refused.begin(), refused.end(), std::back_inserter(into.refused));
        return {};
    }

private:
    // The key makes sure that a block sent twice is stored once.
    result<http_reply> post(const event_block& block) {
        const std::string key = block.key.empty() ? run_ + "-" + std::to_string(++requests_) : block.key;
        const header_list headers{{"Content-Type", block.is_array ? "application/json" : "application/x-ndjson"},
                                  {"Idempotency-Key", "ingest-" + key},
                                  {"Carrel-Timeout-Ms", "60000"}};
        for (int attempt = 1;; ++attempt) {
            auto reply = client_.post(path_, headers, block.text);
            if (!reply && !client_.has_connected()) return reply;
            const auto wait =
                wait_before_retry(attempt, reply ? reply->status : 0, reply ? reply->header("retry-after") : "");
            if (!wait) return reply;
            std::this_thread::sleep_for(*wait);
        }
    }

    http_client client_;
    std::string run_;
    std::string path_ = "/api/v1/events";
    std::uint64_t requests_ = 0;
    json::reader reader_;
};

}  // namespace

std::unique_ptr<ingest_target> make_remote_target(http_url server, std::string run, std::string ingest_id) {
    return std::make_unique<remote_target>(std::move(server), std::move(run), ingest_id);
}

}  // namespace carrel::cli
