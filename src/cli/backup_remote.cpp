#include "cli/backup_remote.hpp"

#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/retry.hpp"
#include "cli/server_answer.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <iostream>
#include <thread>

namespace carrel::cli {
namespace {

constexpr std::chrono::seconds reply_time_max{30};
constexpr std::chrono::milliseconds look_interval{250};

class remote_run {
public:
    explicit remote_run(const http_url& server)
        : client_(server, reply_time_max) {}

    // The run as the server's last reply has it.
    result<boost::json::object> begin(const remote_backup& wanted) {
        std::string body;
        json::writer out(body);
        out.begin_object();
        if (!wanted.name.empty()) out.key("name").string(wanted.name);
        if (wanted.kept.copies > 0) out.key("keep").integer(wanted.kept.copies);
        if (wanted.kept.days > 0) out.key("keep_days").integer(wanted.kept.days);
        out.end_object();
        // Sent once: a second backup would be refused while the first runs.
        return read(client_.post("/api/v1/admin/backup", {{"Content-Type", "application/json"}}, body), 202);
    }

    result<boost::json::object> look(const std::string& id) {
        for (int attempts = 1;; ++attempts) {
            auto reply = client_.get("/api/v1/admin/backup/" + id, {});
            const auto wait = reply ? wait_before_retry(attempts, reply->status, reply->header("retry-after"))
                                    : wait_before_retry(attempts, 0, {});
            if ((reply && reply->status == 200) || !wait) return read(std::move(reply), 200);
            std::this_thread::sleep_for(*wait);
        }
    }

private:
    result<boost::json::object> read(result<http_reply> reply, int expected) {
        if (!reply) return reply.error();
        json::parse_failure failure;
        const auto* value = reader_.parse(reply->body, failure);
        const auto* said = value != nullptr ? value->if_object() : nullptr;
        if (reply->status != expected) return refusal(*reply, said);
        if (said == nullptr)
            return error(error_code(EPROTO, boost::system::generic_category()), "the server did not answer a backup");
        return boost::json::object(*said, boost::json::storage_ptr());  // the reader's own memory is used again
    }

    http_client client_;
    json::reader reader_;
};

double progress_in(const boost::json::object& run) {
    const auto* found = run.if_contains("progress");
    return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

int unusable_server(const error& why) {
    return unusable("backup: " + (why.diagnostic().empty() ? why.message() : why.diagnostic()), exit_network);
}

}  // namespace

int ask_for_backup(const http_url& server, const remote_backup& wanted) {
    remote_run there(server);
    auto run = there.begin(wanted);
    if (!run) return unusable_server(run.error());
    {
        progress_bar bar("backup");
        for (std::string state = text_at(*run, "state");
             state != "succeeded" && state != "failed" && state != "cancelled"; state = text_at(*run, "state")) {
            bar.show(progress_in(*run), state);
            std::this_thread::sleep_for(look_interval);
            run = there.look(text_at(*run, "id"));
            if (!run) return unusable_server(run.error());
        }
    }
    if (text_at(*run, "state") != "succeeded") return unusable("backup: " + text_at(*run, "detail"), exit_failed);
    std::cout << text_at(*run, "name") << ": " << integer_at(*run, "bytes", 0) << " bytes, commit "
              << integer_at(*run, "sequence", 0) << ", checked\n";
    if (const auto* removed = run->if_contains("removed"); removed != nullptr && removed->is_array())
        for (const auto& each : removed->get_array())
            if (each.is_string()) std::cout << each.get_string().c_str() << ": removed\n";
    return exit_done;
}

}  // namespace carrel::cli
