#include "http/pipeline/dispatch.hpp"

#include "http/pipeline/body_stream.hpp"
#include "http/pipeline/health.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/metrics_page.hpp"
#include "http/pipeline/queries.hpp"
#include "http/pipeline/rate_limits.hpp"
#include "http/pipeline/shard_context.hpp"
#include "resource/audit.hpp"
#include "siem/listeners/listener_control.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <new>

namespace carrel::http {

namespace asio = boost::asio;

namespace {

unsigned short status_of(siem::outcome kind) noexcept {
    switch (kind) {
        case siem::outcome::ok: return 200;
        case siem::outcome::created: return 201;
        case siem::outcome::no_content: return 204;
        case siem::outcome::accepted: return 202;
    }
    return 500;
}

void answer_operation(exchange& ex) {
    const auto kind = ex.response.reply.kind;
    const auto body = ex.response.reply.media_type.empty() ? content::json : content::file;
    ex.answer(status_of(kind), kind == siem::outcome::no_content ? content::none : body);
}

// The preconditions of a read; those of a write are evaluated inside its transaction. False if they have answered it.
bool pass_preconditions(exchange& ex) {
    const auto version = ex.response.reply.version;
    const auto& conditions = ex.request.call.conditions;
    if (version != 0 && conditions.if_match && !conditions.if_match->names(version))
        ex.refuse(refusal::stale_version, "The resource has another version.");
    else if (version != 0 && conditions.if_none_match && conditions.if_none_match->names(version))
        ex.answer(304, content::none);
    return !ex.is_done();
}

void answer_read(exchange& ex) {
    if (pass_preconditions(ex)) answer_operation(ex);
}

bool is_refusal(const error& failure) noexcept { return failure.code() == make_error_code(siem::siem_errc::refused); }

content content_of(siem::reply_format format) noexcept {
    return format == siem::reply_format::csv ? content::csv : content::ndjson;
}

void piece_done(exchange& ex, const result<void>& outcome) {
    ex.busy = false;
    if (ex.owner == nullptr) return ex.context->retire(ex);
    if (!outcome) {
        ex.log(log_level::warning, "the response was cut off: " + outcome.error().message());
        ex.is_cut_off = true;
    } else if (ex.response.reply.body.empty() && !is_last_piece(ex)) {
        return start_piece(ex);
    }
    ex.has_piece = true;
    ex.owner->exchange_continued(ex);
}

// The head goes out with the first piece; what fails before that is answered as usual.
void begin_stream(exchange& ex) {
    ex.response.has_length = ex.response.reply.length.has_value();
    ex.response.status = ex.response.reply.content_range.empty() ? 200 : 206;
    ex.response.content = ex.response.has_length ? content::file : content_of(ex.request.call.format);
    ex.stage = stage::streaming;
    if (ex.request.trace.is_kept) ex.times.ready = std::chrono::steady_clock::now();
    piece_done(ex, {});
}

void read_done(exchange& ex, const result<void>& outcome) {
    if (ex.stage == stage::streaming) return piece_done(ex, outcome);
    if (outcome && ex.request.call.format != siem::reply_format::json) return begin_stream(ex);
    if (outcome && ex.response.reply.length && pass_preconditions(ex)) return begin_stream(ex);
    if (ex.is_done()) return ex.finish();
    const bool may_wait = outcome && ex.response.reply.nothing_before && ex.request.call.wait.count() > 0;
    if (may_wait && ex.owner != nullptr) {
        ex.busy = false;
        if (ex.context->held().hold(ex)) return;
    }
    if (!outcome && is_refusal(outcome.error())) ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), session_kind::read);
    else answer_read(ex);
    ex.finish();
}

void start_write(exchange& ex);

template <class T>
void write_done(exchange& ex, const result<committed<T>>& outcome) {
    if (outcome) ex.response.commit = outcome->sequence;
    // The rest of a long write lets others go before it.
    if (outcome && ex.response.reply.rest != nullptr) {
        ex.request.call.parsed = std::move(ex.response.reply.rest);
        return start_write(ex);
    }
    conclude_write(ex, outcome ? result<void>() : result<void>(outcome.error()));
    ex.finish();
}

}  // namespace

void conclude_write(exchange& ex, const result<void>& outcome) {
    if (ex.response.reply.refused && (outcome || is_refusal(outcome.error())))
        ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), session_kind::write);
    else answer_operation(ex);
}

namespace {

// Works hold a plain pointer: they may be destroyed on an actor's thread, the exchange waits for their handler.
struct read_work {
    exchange* ex;
    result<void> operator()(read_session& session) const {
        ex->response.reply.clear();
        const auto& operation = *ex->request.operation;
        return operation.read(operation, session, ex->request.call, ex->response.reply);
    }
};

struct write_work {
    exchange* ex;
    result<void> operator()(write_session& session) const {
        ex->response.reply.clear();
        return siem::run_write(*ex->request.operation, session, ex->request.call, ex->response.reply);
    }
};

job_options options_for(exchange& ex) {
    constexpr std::chrono::milliseconds piece_deadline{60'000};  // nobody waits for a piece as for a page
    job_options settings = ex.job_settings();
    const bool is_long = ex.request.call.format != siem::reply_format::json || ex.request.endpoint->takes_file() ||
                         ex.response.has_length;
    if (!settings.deadline && is_long) settings.deadline = piece_deadline;
    settings.bytes = ex.request.body.size();
    return settings;
}

void start_read(exchange& ex) {
    ex.busy = true;
    ex.context->held().note_read(ex);
    auto done = [&ex](const result<void>& outcome) { read_done(ex, outcome); };
    ex.context->store().async_read(read_work{&ex}, options_for(ex), as_result(job_handler(ex, done)));
}

// A write of what requests look up in memory: `load` reads what it leaves in its own transaction, and `publish` puts that in force
// before it is answered.
template <class State, class Publish>
void start_published_write(exchange& ex, result<State> (*load)(write_session&), Publish publish) {
    auto work = [&ex, load](write_session& session) -> result<State> {
        if (auto done = write_work{&ex}(session); !done) return done.error();
        return load(session);
    };
    auto done = [&ex, publish](const result<committed<State>>& outcome) {
        if (outcome) publish(ex.context->server(), outcome->value);
        write_done(ex, outcome);
    };
    ex.context->store().async_write(std::move(work), options_for(ex), as_result(job_handler(ex, std::move(done))));
}

// Listeners run elsewhere: what was committed takes effect there before it is answered.
void settle_listener(exchange& ex, const std::string& id, const result<committed<void>>& outcome) {
    auto back = [&ex, outcome,
                 guard = asio::make_work_guard(ex.context->executor())](std::optional<siem::settled_listener> now) {
        asio::post(guard.get_executor(), [&ex, outcome, now = std::move(now)] {
            if (!now || !siem::replies_settled_listener(*ex.request.operation)) return write_done(ex, outcome);
            ex.response.reply.body = now->json;
            ex.response.reply.version = now->version;
            auto last = outcome;
            if (now->commit != 0) last->sequence = now->commit;
            write_done(ex, last);
        });
    };
    siem::listeners_in_force()->apply(id, std::move(back));
}

void start_listener_write(exchange& ex, std::string id) {
    auto done = [&ex, id = std::move(id)](const result<committed<void>>& outcome) {
        const bool is_done = outcome && !ex.response.reply.refused && ex.response.reply.rest == nullptr;
        if (is_done && siem::listeners_in_force() != nullptr) return settle_listener(ex, id, outcome);
        write_done(ex, outcome);
    };
    ex.context->store().async_write(write_work{&ex}, options_for(ex), as_result(job_handler(ex, std::move(done))));
}

result<siem::stored_mappings> load_mappings(write_session& session) { return siem::load_mappings(session); }

void start_write(exchange& ex) {
    ex.busy = true;
    if (siem::changes_mappings(*ex.request.operation))
        return start_published_write(
            ex, load_mappings, [](server_context& server, const auto& stored) { server.mappings->publish(stored); });
    if (siem::changes_access(*ex.request.operation))
        return start_published_write(
            ex, siem::take_touched, [](server_context& server, const auto& stored) { server.access->publish(stored); });
    if (auto id = siem::changed_listener(*ex.request.operation, ex.request.call))
        return start_listener_write(ex, *std::move(id));
    auto done = [&ex](const result<committed<void>>& outcome) { write_done(ex, outcome); };
    ex.context->store().async_write(write_work{&ex}, options_for(ex), as_result(job_handler(ex, done)));
}

constexpr std::chrono::milliseconds computation_deadline{5'000};  // of a request that names none

void refuse_computation(exchange& ex) {
    ex.busy = false;
    ex.refuse(refusal::overloaded, "The server has too many passwords to check; try again later.");
}

void computation_done(exchange& ex, bool is_done) {
    if (is_done) return start_write(ex);
    refuse_computation(ex);
    ex.finish();
}

// On a thread of its own, and back: the shard serves others meanwhile, and does not end before. False if it was refused.
bool start_computation(exchange& ex) {
    ex.busy = true;
    auto back = [&ex, guard = asio::make_work_guard(ex.context->executor())](bool is_done) {
        asio::post(guard.get_executor(), [&ex, is_done] { computation_done(ex, is_done); });
    };
    const auto until = std::chrono::steady_clock::now() + ex.request.deadline.value_or(computation_deadline);
    auto run = [&ex, back, until] {
        // Whoever has given up must not keep others waiting.
        if (std::chrono::steady_clock::now() >= until) return back(false);
        bool is_done = true;
        try {
            ex.request.operation->compute(*ex.request.operation, ex.request.call);
        } catch (const std::exception& e) {
            ex.log(log_level::error, std::string("a computation failed: ") + e.what());
            is_done = false;
        }
        back(is_done);
    };
    if (ex.context->server().hashing->submit(std::move(run), [back] { back(false); })) return true;
    refuse_computation(ex);
    return false;
}

// What a write still needs, and the write. False if it was refused.
bool start_change(exchange& ex) {
    const bool computes = ex.request.operation->compute != nullptr && !ex.request.call.refused_by_check;
    if (computes) return start_computation(ex);
    start_write(ex);
    return true;
}

// What a reader made of the request goes on to the writer, and so does a refusal that is kept under a key.
void preparation_done(exchange& ex, const result<void>& outcome) {
    auto& call = ex.request.call;
    if (!outcome && is_refusal(outcome.error()) && call.idempotency) call.refused_by_check = ex.response.reply.refused;
    else if (!outcome && is_refusal(outcome.error())) ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), session_kind::write);
    if (ex.is_done()) return ex.finish();
    call.parsed = std::move(ex.response.reply.rest);
    if (!start_change(ex)) ex.finish();
}

void start_preparation(exchange& ex) {
    ex.busy = true;
    auto done = [&ex](const result<void>& outcome) { preparation_done(ex, outcome); };
    ex.context->store().async_read(read_work{&ex}, options_for(ex), as_result(job_handler(ex, done)));
}

struct audit_work {
    exchange* ex;
    result<void> operator()(write_session& session) const {
        const auto& operation = *ex->request.operation;
        ex->response.reply.clear();
        if (siem::is_audited_read(operation, ex->request.call))
            if (auto done = siem::audit_read(operation, session, ex->request.call); !done) return done;
        if (operation.note == nullptr || ex->request.method == method::head) return {};
        return operation.note(operation, session, ex->request.call, ex->response.reply);
    }
};

// What leaves the server is written down first; what cannot be written down does not leave it.
void start_audited_read(exchange& ex) {
    ex.busy = true;
    auto done = [&ex](const result<committed<void>>& outcome) {
        // What is to be noted may not be there.
        if (!outcome && is_refusal(outcome.error())) ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
        else if (!outcome) ex.refuse(outcome.error(), session_kind::write);
        if (ex.is_done() || ex.owner == nullptr) return ex.finish();
        start_read(ex);
    };
    ex.context->store().async_write(audit_work{&ex}, options_for(ex), as_result(job_handler(ex, done)));
}

void start_operation(exchange& ex) {
    const auto& operation = *ex.request.operation;
    const bool is_refused = ex.request.call.refused_by_check.has_value();
    const bool tries_password = operation.compute != nullptr && operation.needs.is_for_anyone();
    if (tries_password && !pass_login_rate(ex)) return;
    if (operation.is_write() && operation.read != nullptr && !is_refused) return start_preparation(ex);
    const bool is_noted = operation.note != nullptr && ex.request.method != method::head;
    if (is_noted || siem::is_audited_read(operation, ex.request.call)) return start_audited_read(ex);
    if (ex.request.endpoint->writes()) start_change(ex);
    else start_read(ex);
}

}  // namespace

void start_piece(exchange& ex) {
    ex.has_piece = false;
    ex.request.call.parsed = std::move(ex.response.reply.rest);
    start_read(ex);
}

bool is_last_piece(const exchange& ex) noexcept { return ex.response.reply.rest == nullptr; }

// Packed once: it is too long to keep the shard with.
void answer_openapi(exchange& ex) {
    const auto& server = ex.context->server();
    ex.response.varies = true;
    ex.response.is_gzip = ex.request.accepts_gzip;
    ex.response.reply.body = ex.request.accepts_gzip ? server.packed_openapi : server.openapi;
    ex.answer(200, content::json);
}

void resume_read(exchange& ex) {
    ex.request.call.resume_at = ex.response.reply.nothing_before;
    start_read(ex);
}

void answer_held(exchange& ex) {
    answer_read(ex);
    ex.finish();
}

void start(exchange& ex) {
    ex.stage = stage::running;
    if (ex.stream) {
        ex.stream->pump();
        return;
    }
    switch (ex.request.endpoint->what) {
        case action::operation: return start_operation(ex);
        case action::live: return answer_live(ex);
        case action::ready: return start_ready(ex);
        case action::metrics: return answer_metrics(ex);
        case action::pool: return answer_pool(ex);
        case action::running_queries: return start_running_queries(ex);
        case action::top_queries: return start_top_queries(ex);
        case action::cancel_query: return start_query_cancellation(ex);
        case action::openapi: return answer_openapi(ex);
        case action::page: return;  // answered by its head
        case action::shipper:
            ex.response.reply.body = ex.request.endpoint->shipper->reply;
            return ex.answer(200, content::json);
    }
}

}  // namespace carrel::http
