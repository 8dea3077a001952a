#include "cli/export_source.hpp"
#include "cli/options.hpp"
#include "siem/events.hpp"

#include <carrel/database.hpp>

#include <chrono>

namespace carrel::cli {
namespace {

siem::timestamp now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

error refused(const siem::problem& why) {
    return error(error_code(EBADMSG, boost::system::generic_category()), why.detail);
}

class local_source final : public export_source {
public:
    explicit local_source(database store)
        : store_(std::move(store)) {}

    result<std::string> rows(const query_list& query, std::string_view media_type) override {
        static const siem::operation list = siem::event_list_operation();
        siem::call request;
        request.format = media_type == "text/csv" ? siem::reply_format::csv : siem::reply_format::ndjson;
        return run(list, std::move(request), query);
    }

    result<std::int64_t> count(const query_list& filters) override {
        static const siem::operation counting = siem::event_count_operation();
        auto text = run(counting, {}, filters);
        if (!text) return text.error();
        return std::stoll(text->substr(text->find(':') + 1));
    }

private:
    result<std::string> run(const siem::operation& what, siem::call request, const query_list& query) {
        request.query = query;
        request.now = now();
        if (const auto why = what.check(what, request)) return refused(*why);
        job_options settings;
        settings.deadline = std::chrono::milliseconds(60'000);
        std::string all;
        for (;;) {
            siem::reply answer;
            auto done =
                store_.read([&](read_session& session) { return what.read(what, session, request, answer); }, settings);
            if (!done) return answer.refused ? refused(*answer.refused) : done.error();
            all += answer.body;
            if (answer.rest == nullptr) return all;
            request.parsed = std::move(answer.rest);
        }
    }

    database store_;
};

}  // namespace

result<std::unique_ptr<export_source>> make_local_source(const std::string& path) {
    auto store = database::open(store_options(path));
    if (!store) return store.error();
    return std::unique_ptr<export_source>(std::make_unique<local_source>(std::move(*store)));
}

}  // namespace carrel::cli
