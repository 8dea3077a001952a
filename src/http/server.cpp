#include "http/server.hpp"

#include "http/net/listener.hpp"
#include "http/net/shard_loop.hpp"
#include "http/routing/openapi.hpp"

#include <boost/asio/post.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace carrel::http {

namespace {

constexpr std::size_t connections_default_max = 16'384;
constexpr std::size_t descriptors_kept_back = 256;  // for the database, its temporary files and the log
constexpr std::size_t shards_max = 256;

// Raises the soft limit to the hard one and tells how many descriptors there are.
std::size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
    return limit.rlim_cur;
}

std::size_t connections_for(std::size_t asked, std::size_t descriptors) noexcept {
    if (asked != 0) return asked;
    const auto left = descriptors > 2 * descriptors_kept_back ? descriptors - descriptors_kept_back : descriptors / 2;
    return std::min(connections_default_max, left);
}

siem::timestamp system_clock_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::size_t shards_for(std::size_t asked) noexcept {
    return asked != 0 ? asked : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

struct server::state {
    std::unique_ptr<server_context> context;
    std::vector<std::unique_ptr<shard_loop>> shards;
    std::unique_ptr<listener> acceptor;  // on the first shard's context, so it goes before the shards
    std::string url;
    std::uint16_t port = 0;
    bool runs = false;
};

server::server(std::unique_ptr<state> made) noexcept
    : state_(std::move(made)) {}
server::server(server&&) noexcept = default;

server& server::operator=(server&& other) noexcept {
    if (state_) stop(std::chrono::milliseconds(0));
    state_ = std::move(other.state_);
    return *this;
}

server::~server() {
    if (state_) stop(std::chrono::milliseconds(0));
}

result<server> server::listen(database& store, server_options options) {
    const auto shard_count = shards_for(options.shards);
    if (shard_count > shards_max) return error(errc::invalid_option, "shards must be 1 to 256");
    auto socket = bound_socket::open(options.address, options.port);
    if (!socket) return socket.error();
    if (!socket->endpoint().address().is_loopback() && !options.insecure)
        return error(errc::invalid_option, "refusing to listen on " + options.address +
                                               ": without authentication only loopback is served (see --insecure)");
    options.limits.connections_max = connections_for(options.limits.connections_max, raise_descriptor_limit());
    auto made = std::make_unique<state>();
    made->port = socket->endpoint().port();
    made->url = "http://" + socket->authority();
    made->context = std::make_unique<server_context>(store, made->port, options.allow_hosts, options.limits);
    made->context->clock = options.clock ? std::move(options.clock) : system_clock_now;
    made->context->log = std::move(options.log);
    made->context->openapi = openapi_document(made->context->endpoints, options.version);
    for (std::size_t i = 0; i < shard_count; ++i) {
        auto& added = *made->shards.emplace_back(std::make_unique<shard_loop>(*made->context));
        made->context->counts.push_back(&added.context().counts());
    }
    made->acceptor = std::make_unique<listener>(made->shards.front()->io(), std::move(*socket));
    return server(std::move(made));
}

const std::string& server::url() const noexcept { return state_->url; }
std::uint16_t server::port() const noexcept { return state_->port; }

std::size_t server::connections() const noexcept {
    return state_->context->connections.load(std::memory_order_relaxed);
}

result<void> server::run() {
    std::vector<shard_loop*> shards;
    std::vector<std::future<result<void>>> started;
    for (auto& each : state_->shards) {
        shards.push_back(each.get());
        started.push_back(each->start());
    }
    state_->runs = true;
    result<void> outcome;
    for (auto& each : started)
        if (auto attached = each.get(); !attached && outcome) outcome = attached.error();
    if (!outcome) {
        stop(std::chrono::milliseconds(0));
        return outcome;
    }
    auto& first = *shards.front();
    boost::asio::post(first.io(), [acceptor = state_->acceptor.get(), context = state_->context.get(), shards] {
        acceptor->start(*context, shards);
    });
    return outcome;
}

void server::begin_drain() noexcept {
    if (!state_->runs || state_->context->draining.exchange(true)) return;
    // Posted first: sockets that the acceptor still takes reach the shards before they drain.
    boost::asio::post(state_->shards.front()->io(), [state = state_.get()] {
        state->acceptor->stop();
        for (auto& each : state->shards) each->begin_drain();
    });
}

bool server::stop(std::chrono::milliseconds deadline) {
    if (!state_->runs) return true;
    begin_drain();
    const auto until = std::chrono::steady_clock::now() + deadline;
    bool all_ended = true;
    for (auto& each : state_->shards) all_ended = each->wait_until(until) && all_ended;
    for (auto& each : state_->shards) {
        if (!all_ended) each->cut();
        each->join();
    }
    state_->acceptor.reset();
    state_->shards.clear();
    state_->runs = false;
    return all_ended;
}

}  // namespace carrel::http
