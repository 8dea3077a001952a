#include "cli/local_operation.hpp"

#include "json/reader.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

namespace carrel::cli {
namespace {

siem::timestamp now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

const siem::operation& operation_at(siem::method verb, std::string_view path) {
    const auto all = siem::operations();
    return *std::find_if(all.begin(), all.end(),
                         [&](const siem::operation& each) { return each.method == verb && each.path == path; });
}

error refused(const siem::problem& why) {
    std::string text = why.detail;
    // A detail that was made of a fault names its field; of a sentence there is nothing to add.
    if (text.empty() && !why.faults.empty()) text = why.faults.front().field + " " + why.faults.front().detail;
    return error(error_code(EBADMSG, boost::system::generic_category()), text);
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

job_options settings() {
    job_options made;
    made.deadline = std::chrono::milliseconds(60'000);
    return made;
}

error failure(const request_state& state, error why) {
    return state.reply.refused ? refused(*state.reply.refused) : why;
}

std::optional<error> check(request_state& state, std::string_view body) {
    json::reader reader;
    json::parse_failure broken;
    if (!body.empty() && (state.call.body = reader.parse(body, broken)) == nullptr)
        return error(error_code(EBADMSG, boost::system::generic_category()), broken.detail);
    const auto why = state.what.check != nullptr ? state.what.check(state.what, state.call) : std::nullopt;
    state.call.body = nullptr;
    if (why) return refused(*why);
    return std::nullopt;
}

// A long write goes on in another job, with what it leaves.
result<void> write(database& store, const std::shared_ptr<request_state>& state) {
    do {
        if (state->reply.rest != nullptr) state->call.parsed = std::move(state->reply.rest);
        if (auto done = store.write(write_request{state}, settings()); !done) return failure(*state, done.error());
        if (state->reply.refused) return refused(*state->reply.refused);
    } while (state->reply.rest != nullptr);
    return {};
}

}  // namespace

result<siem::reply> local_operations::run(siem::method verb, std::string_view path, siem::call call,
                                          std::string_view body) {
    const auto state = std::make_shared<request_state>(request_state{operation_at(verb, path), std::move(call), {}});
    state->call.now = now();
    state->call.fresh_id = fresh_id_();
    if (auto wrong = check(*state, body)) return std::move(*wrong);
    if (state->what.read != nullptr) {
        const auto prepare = [&](read_session& session) {
            return state->what.read(state->what, session, state->call, state->reply);
        };
        if (auto done = store_->read(prepare, settings()); !done) return failure(*state, done.error());
        if (state->what.write != nullptr) state->call.parsed = std::move(state->reply.rest);
    }
    if (state->what.compute != nullptr) state->what.compute(state->what, state->call);
    if (state->what.write != nullptr)
        if (auto done = write(*store_, state); !done) return done.error();
    return std::move(state->reply);
}

}  // namespace carrel::cli
