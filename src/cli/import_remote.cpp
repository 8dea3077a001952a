#include "cli/import_target.hpp"
#include "cli/retry.hpp"
#include "cli/server_answer.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <thread>

namespace carrel::cli {
namespace {

// Longer than the deadline that the request names.
constexpr std::chrono::seconds reply_time_max{90};

class remote_import final : public import_target {
public:
    explicit remote_import(http_url server)
        : client_(std::move(server), reply_time_max) {}

    // An import may be sent again, whatever became of the last one: what is stored already is left as it is.
    result<std::string> post(std::string_view path, bool dry_run, std::string_view body) override {
        const std::string target = "/api/v1" + std::string(path) + (dry_run ? "?dry_run=true" : "");
        const header_list headers{{"Content-Type", "application/octet-stream"}, {"Carrel-Timeout-Ms", "60000"}};
        for (int attempt = 1;; ++attempt) {
            auto reply = client_.post(target, headers, body);
            if (reply && reply->status == 200) return std::move(reply->body);
            if (!reply && !client_.has_connected()) return reply.error();
            const auto wait =
                wait_before_retry(attempt, reply ? reply->status : 0, reply ? reply->header("retry-after") : "");
            if (!wait) return reply ? refused(*reply) : reply.error();
            std::this_thread::sleep_for(*wait);
        }
    }

private:
    error refused(const http_reply& reply) {
        json::parse_failure failure;
        const auto* said = reader_.parse(reply.body, failure);
        return refusal(reply, said != nullptr ? said->if_object() : nullptr);
    }

    http_client client_;
    json::reader reader_;
};

}  // namespace

std::unique_ptr<import_target> make_remote_import(http_url server) {
    return std::make_unique<remote_import>(std::move(server));
}

}  // namespace carrel::cli
