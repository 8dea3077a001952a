#include "base/uuid.hpp"
#include "cli/import_target.hpp"
#include "cli/options.hpp"
#include "resource/operation.hpp"

#include <carrel/database.hpp>

#include <algorithm>
#include <chrono>

namespace carrel::cli {
namespace {

siem::timestamp now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

const siem::operation& operation_at(std::string_view path) {
    const auto all = siem::operations();
    return *std::find_if(all.begin(), all.end(), [&](const siem::operation& each) {
        return each.method == siem::method::post && each.path == path;
    });
}

error refused(const siem::problem& why) {
    return error(error_code(EBADMSG, boost::system::generic_category()), why.detail);
}

// One request; the writer may run it more than once.
struct request_state {
    const siem::operation& what;
    siem::call call;
    siem::reply reply;
};
struct write_request {
    std::shared_ptr<request_state> state;
    result<void> operator()(write_session& session) const {
        return siem::run_write(state->what, session, state->call, state->reply);
    }
};

class local_import final : public import_target {
public:
    explicit local_import(database store)
        : store_(std::move(store)) {}

    result<std::string> post(std::string_view path, bool dry_run, std::string_view body) override {
        const auto state = std::make_shared<request_state>(request_state{operation_at(path), {}, {}});
        siem::call& call = state->call;
        if (dry_run) call.query.emplace_back("dry_run", "true");
        call.file = body;
        call.now = now();
        call.fresh_id = fresh_id_();
        if (const auto why = state->what.check(state->what, call)) return refused(*why);
        if (state->what.read != nullptr) {
            const auto prepare = [&](read_session& session) {
                return state->what.read(state->what, session, call, state->reply);
            };
            if (auto done = store_.read(prepare, settings()); !done) return failure(*state, done.error());
            call.parsed = std::move(state->reply.rest);
        }
        // A long write goes on in another job, with what it leaves.
        do {
            if (state->reply.rest != nullptr) call.parsed = std::move(state->reply.rest);
            if (auto done = store_.write(write_request{state}, settings()); !done) return failure(*state, done.error());
        } while (state->reply.rest != nullptr);
        return std::move(state->reply.body);
    }

private:
    static job_options settings() {
        job_options made;
        made.deadline = std::chrono::milliseconds(60'000);
        return made;
    }
    static error failure(const request_state& state, error why) {
        return state.reply.refused ? refused(*state.reply.refused) : why;
    }

    database store_;
    siem::uuid_generator fresh_id_;
};

}  // namespace

result<std::unique_ptr<import_target>> make_local_import(const std::string& path) {
    auto store = database::open(store_options(path));
    if (!store) return store.error();
    return std::unique_ptr<import_target>(std::make_unique<local_import>(std::move(*store)));
}

}  // namespace carrel::cli
