#include "http/pipeline/exchange.hpp"

#include "http/pipeline/body_stream.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace carrel::http {

namespace {

// What a client is answered; what the server itself failed at is in the log, too.
refusal logged_refusal(const exchange& of, const error& failure, session_kind mode) {
    const auto why = refusal_of(failure, mode);
    if (why == refusal::internal || why == refusal::outcome_unknown || why == refusal::storage_full)
        of.log(log_level::error, failure.message());
    return why;
}

constexpr std::size_t spare_bytes_max = 32 * 1024;

// What a string holds within itself is not worth moving.
const std::size_t inner_capacity = std::string().capacity();

// Room for the next request, unless it is so much that it must not stay allocated.
void release(std::string& text, std::string& room) noexcept {
    if (text.capacity() == inner_capacity || text.capacity() > spare_bytes_max) return;
    room = std::move(text);
    room.clear();
}

void take(std::string& text, std::string& room) noexcept {
    if (room.capacity() != inner_capacity) text = std::move(room);
}

}  // namespace

exchange::exchange(shard_context& of, spare_room& room)
    : context(&of) {
    take(request.target, room.target);
    for (std::size_t i = 0; i < room.path.size(); ++i) take(request.call.path[i], room.path[i]);
    request.call.query.swap(room.query);
    take(request.body, room.body);
    take(response.reply.body, room.reply);
}
exchange::~exchange() = default;

void exchange::release_room(spare_room& room) noexcept {
    release(request.target, room.target);
    for (std::size_t i = 0; i < room.path.size(); ++i) release(request.call.path[i], room.path[i]);
    request.call.query.clear();
    room.query.swap(request.call.query);
    release(request.body, room.body);
    release(response.reply.body, room.reply);
}

void exchange::answer(unsigned short status, content kind) {
    response.status = status;
    response.content = kind;
    stage = http::stage::done;
    if (request.trace.is_kept) times.ready = std::chrono::steady_clock::now();
}

void exchange::refuse(refusal why, std::string_view detail, std::span<const siem::fault> faults, extra_members extra) {
    std::string document;  // `detail` and `faults` may live in the reply
    const auto path = request.path();
    const auto* shipper = request.endpoint != nullptr ? request.endpoint->shipper : nullptr;
    const bool is_foreign = shipper != nullptr && shipper->refuse != nullptr;
    if (is_foreign) shipper->refuse(document, kind_of(why).status, kind_of(why).code, detail);
    else write_problem(document, why, detail, path.empty() ? "/" : path, request.id, faults, extra);
    response.reply.clear();
    response.reply.body = std::move(document);
    if (why == refusal::overloaded)
        response.retry_after =
            static_cast<std::uint64_t>(std::max<std::chrono::seconds::rep>(1, context->store().retry_after().count()));
    answer(kind_of(why).status, is_foreign ? content::foreign_problem : content::problem);
}

void exchange::refuse(const siem::problem& why, extra_members extra) {
    const auto wait = response.reply.retry_after;
    auto range = std::move(response.reply.content_range);
    refuse(refusal_of(why.code), why.detail, why.faults, extra);
    if (why.code == siem::problem_code::range_not_satisfiable) response.reply.content_range = std::move(range);
    if (wait > 0) response.retry_after = static_cast<std::uint64_t>(wait);
    if (why.code == siem::problem_code::unauthorized) response.challenge = challenge::plain;
}

void exchange::refuse(const error& failure, session_kind mode, extra_members extra) {
    const auto why = logged_refusal(*this, failure, mode);
    refuse(why, detail_of(why, mode), {}, extra);
}

void exchange::refuse_rest(const error& failure, extra_members extra) {
    const auto why = logged_refusal(*this, failure, session_kind::write);
    refuse(why, detail_of_rest(why), {}, extra);
}

void exchange::refuse_body(refusal why, std::string_view detail) {
    if (is_done() && response.is_refusal()) return;
    response.allow.reset();
    refuse(why, detail);
}

void exchange::log(log_level level, std::string_view text) const {
    std::string trace;
    if (request.trace.is_known) telemetry::append_hex(trace, request.trace.trace);
    context->log(level, text, {request.id, trace});
}

job_timing* exchange::timing_of_next_job() {
    if (jobs == nullptr) jobs = std::make_unique<traced_jobs>();
    return jobs->next();
}

void exchange::note_outcome(const error* failure, session_kind mode) noexcept {
    if (jobs == nullptr) return;
    const auto* refused = response.reply.refused ? &*response.reply.refused : nullptr;
    jobs->completed(failure == nullptr ? std::string_view() : failure_word(*failure, mode, refused));
}

void exchange::finish() {
    busy = false;
    if (owner != nullptr) owner->exchange_done(*this);
    else context->retire(*this);
}

origin_labels exchange::labels() const {
    origin_labels all{{"request_id", request.id}};
    if (request.trace.is_known) {
        telemetry::append_hex(all.emplace_back("trace_id", std::string()).second, request.trace.trace);
    }
    if (request.endpoint != nullptr)
        all.emplace_back("route", std::string(name_of(request.method)).append(" ").append(request.endpoint->path));
    if (!request.call.principal.empty()) all.emplace_back("principal", request.call.principal);
    return all;
}

void exchange::abandon() {
    owner = nullptr;
    context->held().remove(*this);
    if (!busy && (stream == nullptr || !stream->abandon())) context->retire(*this);
    else if (request.endpoint != nullptr && !request.endpoint->writes())
        cancellation.emit(boost::asio::cancellation_type::terminal);
}

}  // namespace carrel::http
