#include "http/server.hpp"

#include "http/net/listener.hpp"
#include "http/net/shard_loop.hpp"
#include "http/pipeline/health.hpp"
#include "http/pipeline/page_files.hpp"
#include "http/protocol/deflater.hpp"
#include "http/routing/openapi.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace carrel::http {

namespace {

constexpr std::size_t connections_default_max = 16'384;
constexpr std::size_t descriptors_set_aside = 256;  // for the database, its temporary files and the log
constexpr std::size_t shards_max = 256;

// Raises the soft limit to the hard one. How many descriptors there can be.
std::size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
    return limit.rlim_cur;
}

// How many connections the descriptors allow, with those set aside that the database will need.
std::size_t connections_possible(std::size_t descriptors, std::size_t turned_away_max) noexcept {
    const auto aside = std::min(descriptors_set_aside, descriptors / 2);
    const auto left = descriptors - aside;
    return left > 2 * turned_away_max ? left - turned_away_max : std::max<std::size_t>(1, left / 2);
}

// Sets what was left open, and lowers what cannot be met, with a line in the log.
void fit_connections(limits& bounds, std::size_t descriptors, const log_sink& log) {
    const auto possible = connections_possible(descriptors, bounds.turned_away_max);
    if (bounds.connections_max > possible && log)
        log(log_level::warning, "connections-max is lowered from " + std::to_string(bounds.connections_max) + " to " +
                                    std::to_string(possible) + ": " + std::to_string(descriptors) +
                                    " descriptors can be open, some of them set aside for the database");
    bounds.connections_max =
        std::min(bounds.connections_max != 0 ? bounds.connections_max : connections_default_max, possible);
}

siem::timestamp system_clock_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

using counter_source = std::function<std::vector<counter>()>;

counter_source with_tls_counters(counter_source others, std::shared_ptr<tls_acceptor> tls) {
    if (!tls) return others;
    return [others = std::move(others), tls = std::move(tls)] {
        auto all = others ? others() : std::vector<counter>();
        for (auto& each : tls->counters()) all.push_back(std::move(each));
        return all;
    };
}

std::size_t shards_for(std::size_t configured) noexcept {
    return configured != 0 ? configured : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

struct server::state {
    std::unique_ptr<server_context> context;
    std::vector<std::unique_ptr<shard_loop>> shards;
    std::unique_ptr<http::listener> listener;  // refers to the shards, so it goes before them
    std::vector<std::string> urls;
    std::uint16_t port = 0;
    std::atomic<bool> runs{false};
    bool loads_mappings = false;
    bool loads_access = false;
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

// Whom strangers can reach must know who they are, and let nobody read along.
result<void> allow_address(const bound_socket& socket, const server_options& options) {
    const auto address = socket.endpoint().address();
    if (peer_address::from(address).is_loopback() || options.insecure) return {};
    const std::string refusing = "refusing to listen on " + address.to_string() + ": ";
    const bool asks_who = options.require_login || (options.access != nullptr && options.access->has_users());
    if (!asks_who)
        return error(errc::invalid_option,
                     refusing +
                         "there is no administrator; make one with `carrel user add NAME --role admin`, or start "
                         "with --setup-link (or --insecure)");
    if (options.has_safe_transport()) return {};
    return error(errc::invalid_option, refusing + "without TLS only loopback is served (see --insecure)");
}

// Every descriptor is owned, whatever is wrong with another one.
result<std::vector<bound_socket>> open_sockets(const server_options& options) {
    std::vector<result<bound_socket>> opened;
    for (const int each : options.sockets) opened.push_back(bound_socket::take(each));
    if (opened.empty()) opened.push_back(bound_socket::open(options.address, options.port));
    std::vector<bound_socket> sockets;
    for (auto& each : opened) {
        if (!each) return each.error();
        if (auto allowed = allow_address(*each, options); !allowed) return allowed.error();
        sockets.push_back(std::move(*each));
    }
    return sockets;
}

host_list hosts_of(const std::vector<bound_socket>& sockets, const server_options& options) {
    const std::uint16_t omitted_port = options.tls ? 443 : 80;
    host_list hosts(sockets.front().endpoint().port(), options.allow_hosts, options.allow_origins, omitted_port);
    for (const auto& each : sockets) hosts.add_port(each.endpoint().port(), omitted_port);
    return hosts;
}

result<server> server::listen(database& store, server_options options) {
    const auto shard_count = shards_for(options.shards);
    if (shard_count > shards_max) return error(errc::invalid_option, "shards must be 1 to 256");
    auto sockets = open_sockets(options);
    if (!sockets) return sockets.error();
    std::vector<peer_address> proxies;
    for (const auto& each : options.trusted_proxies) {
        error_code ec;
        proxies.push_back(peer_address::from(boost::asio::ip::make_address(each, ec)));
        if (ec) return error(errc::invalid_option, "'" + each + "' is not the address of a proxy");
    }
    fit_connections(options.limits, raise_descriptor_limit(), options.log);
    auto made = std::make_unique<state>();
    made->port = sockets->front().endpoint().port();
    for (const auto& each : *sockets) made->urls.push_back((options.tls ? "https://" : "http://") + each.authority());
    made->context = std::make_unique<server_context>(store, hosts_of(*sockets, options), options.limits);
    auto& context = *made->context;
    context.clock = options.clock ? std::move(options.clock) : system_clock_now;
    context.log = std::move(options.log);
    context.request_log = std::move(options.request_log);
    context.access_lines = std::move(options.access_lines);
    context.traces = std::move(options.traces);
    context.keeper = std::move(options.keeper);
    context.tls = options.tls;
    context.trusted_proxies = std::move(proxies);
    context.counters = with_tls_counters(std::move(options.counters), std::move(options.tls));
    made->loads_mappings = options.mappings == nullptr;
    context.mappings = options.mappings ? std::move(options.mappings) : std::make_shared<siem::mappings_in_force>();
    made->loads_access = options.access == nullptr;
    context.access = options.access ? std::move(options.access) : std::make_shared<siem::access_in_force>();
    context.requires_login = options.require_login;
    context.hashing = std::make_unique<carrel::access::hashing_pool>(options.limits.hashing_threads,
                                                                     options.limits.hashing_queue_max);
    page_files::instance();  // packed now, not while somebody waits
    context.openapi = openapi_document(context.endpoints, options.version);
    deflater().pack(context.openapi, context.packed_openapi);
    context.version = std::move(options.version);
    for (std::size_t i = 0; i < shard_count; ++i) {
        auto& added = *made->shards.emplace_back(std::make_unique<shard_loop>(context));
        context.shards.push_back(&added.context().status());
        context.holders.push_back(&added.context().held());
    }
    made->listener = std::make_unique<http::listener>(context, std::move(*sockets));
    return server(std::move(made));
}

const std::string& server::url() const noexcept { return state_->urls.front(); }
const std::vector<std::string>& server::urls() const noexcept { return state_->urls; }
std::uint16_t server::port() const noexcept { return state_->port; }

std::size_t server::connections() const noexcept {
    return state_->context->connections.load(std::memory_order_relaxed);
}

std::vector<int> server::duplicate_sockets() const { return state_->listener->duplicates(); }

bool server::takes_turns() const noexcept {
    const auto& context = *state_->context;
    return !state_->runs || context.draining.load(std::memory_order_relaxed) || shards_work(context);
}

void server::announce_events() noexcept { state_->context->announce_events(); }

result<void> server::run() {
    if (state_->loads_mappings) {
        auto& context = *state_->context;
        if (auto loaded = context.mappings->load(*context.store); !loaded) return loaded;
    }
    if (state_->loads_access) {
        auto& context = *state_->context;
        if (auto loaded = context.access->load(*context.store); !loaded) return loaded;
    }
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
    state_->listener->start(std::move(shards));
    return outcome;
}

void server::begin_drain() noexcept {
    if (!state_->runs || state_->context->draining.exchange(true)) return;
    // The shards drain once the listener has dealt the sockets that had connected before.
    state_->listener->begin_stop([state = state_.get()] {
        for (auto& each : state->shards) each->begin_drain();
    });
}

bool server::stop(std::chrono::milliseconds deadline) {
    if (!state_->runs) return true;
    begin_drain();
    state_->listener->stop();
    const auto until = std::chrono::steady_clock::now() + deadline;
    bool all_ended = true;
    for (auto& each : state_->shards) all_ended = each->wait_until(until) && all_ended;
    for (auto& each : state_->shards) {
        if (!all_ended) each->cut();
        each->join();
    }
    state_->listener.reset();
    state_->shards.clear();
    state_->runs = false;
    return all_ended;
}

}  // namespace carrel::http
