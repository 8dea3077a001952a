#include "cli/export_source.hpp"
#include "cli/retry.hpp"
#include "cli/server_answer.hpp"
#include "json/reader.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <thread>

namespace carrel::cli {
namespace {

// Longer than the deadline that the request names.
constexpr std::chrono::seconds reply_time_max{90};

std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
        if (is_plain) out += c;
        else (out += '%').append({digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

class remote_source final : public export_source {
public:
    explicit remote_source(http_url server)
        : client_(std::move(server), reply_time_max) {}

    result<std::string> rows(const query_list& query, std::string_view media_type) override {
        return get("/api/v1/events", query, media_type);
    }

    result<std::int64_t> count(const query_list& filters) override {
        auto text = get("/api/v1/events/count", filters, "application/json");
        if (!text) return text.error();
        const auto* said = object_of(*text);
        const auto* count = said != nullptr ? said->if_contains("count") : nullptr;
        if (count == nullptr || !count->is_int64())
            return error(error_code(EPROTO, boost::system::generic_category()), "the server did not answer a count");
        return count->as_int64();
    }

private:
    const boost::json::object* object_of(std::string_view text) {
        json::parse_failure failure;
        const auto* value = reader_.parse(text, failure);
        return value != nullptr ? value->if_object() : nullptr;
    }

    // A read may be requested again, whatever became of the last one.
    result<std::string> get(std::string_view path, const query_list& query, std::string_view media_type) {
        std::string target(path);
        char mark = '?';
        for (const auto& [name, value] : query) {
            (target += mark).append(encoded(name)).append("=").append(encoded(value));
            mark = '&';
        }
        for (int attempts = 1;; ++attempts) {
            auto reply = client_.get(target, {{"Accept", std::string(media_type)}, {"Carrel-Timeout-Ms", "60000"}});
            if (reply && reply->status == 200) return std::move(reply->body);
            if (!reply && !client_.has_connected()) return reply.error();
            const auto wait = reply ? wait_before_retry(attempts, reply->status, reply->header("retry-after"))
                                    : wait_before_retry(attempts, 0, {});
            if (!wait) return reply ? refusal(*reply, object_of(reply->body)) : reply.error();
            std::this_thread::sleep_for(*wait);
        }
    }

    http_client client_;
    json::reader reader_;
};

}  // namespace

std::unique_ptr<export_source> make_remote_source(http_url server) {
    return std::make_unique<remote_source>(std::move(server));
}

}  // namespace carrel::cli
