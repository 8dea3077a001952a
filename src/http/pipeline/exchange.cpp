#include "http/pipeline/exchange.hpp"

#include "http/pipeline/event_post.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace carrel::http {

namespace {

constexpr std::size_t spare_bytes_max = 32 * 1024;

// Room for the next request, unless it is so much that it must not stay allocated.
std::string room_of(std::string& text) {
    std::string taken;
    if (text.capacity() <= spare_bytes_max) taken.swap(text);
    taken.clear();
    return taken;
}

}  // namespace

exchange::exchange(shard_context& of, spare_room&& room)
    : context(&of) {
    request.target = std::move(room.target);
    request.call.path = std::move(room.path);
    request.call.query = std::move(room.query);
    request.body = std::move(room.body);
    response.reply.body = std::move(room.reply);
}
exchange::~exchange() = default;

spare_room exchange::release_room() {
    spare_room room;
    room.target = room_of(request.target);
    for (std::size_t i = 0; i < room.path.size(); ++i) room.path[i] = room_of(request.call.path[i]);
    request.call.query.clear();
    room.query.swap(request.call.query);
    room.body = room_of(request.body);
    room.reply = room_of(response.reply.body);
    return room;
}

void exchange::answer(unsigned short status, content kind) {
    response.status = status;
    response.content = kind;
    stage = http::stage::done;
}

void exchange::refuse(refusal why, std::string_view detail, std::span<const siem::fault> faults, extra_members extra) {
    std::string document;  // `detail` and `faults` may live in the reply
    const auto path = request.path();
    write_problem(document, why, detail, path.empty() ? "/" : path, request.id, faults, extra);
    response.reply.clear();
    response.reply.body = std::move(document);
    if (why == refusal::overloaded)
        response.retry_after =
            static_cast<std::uint64_t>(std::max<std::chrono::seconds::rep>(1, context->store().retry_after().count()));
    answer(kind_of(why).status, content::problem);
}

void exchange::refuse(const siem::problem& why, extra_members extra) {
    refuse(refusal_of(why.code), why.detail, why.faults, extra);
}

void exchange::refuse(const error& failure, access mode, extra_members extra) {
    const auto why = refusal_of(failure, mode);
    if (why == refusal::internal || why == refusal::outcome_unknown || why == refusal::storage_full)
        context->log(log_level::error, "request " + request.id + ": " + failure.message());
    refuse(why, detail_of(why, mode), {}, extra);
}

void exchange::finish() {
    busy = false;
    if (owner != nullptr) owner->exchange_done(*this);
    else context->retire(*this);
}

void exchange::abandon() {
    owner = nullptr;
    if (!busy) context->retire(*this);
    else if (request.endpoint != nullptr && !request.endpoint->writes())
        cancellation.emit(boost::asio::cancellation_type::terminal);
}

}  // namespace carrel::http
