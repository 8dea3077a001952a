#include "http/pipeline/exchange.hpp"

#include "http/pipeline/event_post.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <random>

namespace carrel::http {

namespace {

constexpr std::size_t kept_room_max = 32 * 1024;

// A big body must not stay with an idle exchange.
void clear_and_trim(std::string& text) {
    if (text.capacity() > kept_room_max) std::string().swap(text);
    else text.clear();
}

}  // namespace

exchange::exchange(shard_context& in_context)
    : context(&in_context) {}
exchange::~exchange() = default;

void exchange::reset() {
    owner = nullptr;
    next = nullptr;
    is_http11 = keep_alive = true;
    must_close = expects_continue = false;
    to = nullptr;
    target.clear();
    path_size = 0;
    asked.query.clear();
    asked.body = nullptr;
    asked.if_match.reset();
    asked.if_match_any = false;
    asked.idempotency.reset();
    asked.fresh_id.clear();
    asked.parsed.reset();
    if_match = match_condition();
    has_if_match = false;
    if_none_match.clear();
    deadline.reset();
    use = body_use::discard;
    body_seen = 0;
    clear_and_trim(body);
    events.reset();
    at = stage::receiving;
    busy = was_cancelled = false;
    status = 0;
    body_content = content::none;
    clear_and_trim(reply.body);
    reply.clear();
    commit = retry_after = 0;
    allow = 0;
    tells_allow = false;
}

void exchange::answer(unsigned short with_status, content kind) {
    status = with_status;
    body_content = kind;
    at = stage::done;
}

void exchange::refuse(refusal why, std::string_view detail, std::span<const siem::fault> faults, extra_members extra) {
    std::string document;  // what is told of may live in the reply
    write_problem(document, why, detail, path().empty() ? "/" : path(), request_id, faults, extra);
    reply.clear();
    reply.body = std::move(document);
    if (why == refusal::overloaded)
        retry_after =
            static_cast<std::uint64_t>(std::max<std::chrono::seconds::rep>(1, context->store().retry_after().count()));
    answer(kind_of(why).status, content::problem);
}

void exchange::refuse(const siem::problem& why, extra_members extra) {
    refuse(refusal_of(why.code), why.detail, why.faults, extra);
}

void exchange::refuse(const error& failure, access mode, extra_members extra) {
    was_cancelled = failure == errc::cancelled;
    const auto why = refusal_of(failure, mode);
    if (why == refusal::internal || why == refusal::outcome_unknown || why == refusal::storage_full)
        context->log(log_level::error, "request " + request_id + ": " + failure.message());
    refuse(why, detail_of(why, mode), {}, extra);
}

void exchange::finish() {
    busy = false;
    if (owner != nullptr) owner->exchange_done(*this);
    else context->give_back(*this);
}

void exchange::abandon() {
    owner = nullptr;
    if (!busy) context->give_back(*this);
    else if (to != nullptr && !to->writes()) left.emit(boost::asio::cancellation_type::terminal);
}

shard_context::shard_context(server_context& server, boost::asio::io_context& io)
    : server_(&server),
      io_(&io) {
    char salt[16];
    std::snprintf(salt, sizeof salt, "%08x-", std::random_device()());
    request_prefix_ = salt;
}

void shard_context::name_request(std::string& into) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, ++requests_named_, 16).ptr;
    into.assign(request_prefix_).append(digits, end);
}

exchange& shard_context::take_exchange() {
    if (idle_ != nullptr) {
        auto& taken = *idle_;
        idle_ = taken.next;
        taken.next = nullptr;
        --idle_count_;
        return taken;
    }
    auto& made = *all_.emplace_back(std::make_unique<exchange>(*this));
    made.slot = all_.size() - 1;
    return made;
}

void shard_context::give_back(exchange& done) {
    done.reset();
    if (idle_count_ < idle_exchanges_max) {
        done.next = idle_;
        idle_ = &done;
        ++idle_count_;
        return;
    }
    const auto slot = done.slot;
    std::swap(all_[slot], all_.back());
    all_[slot]->slot = slot;
    all_.pop_back();
}

}  // namespace carrel::http
