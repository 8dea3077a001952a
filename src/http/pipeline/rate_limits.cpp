#include "http/pipeline/rate_limits.hpp"

#include "http/pipeline/exchange.hpp"
#include "http/pipeline/shard_context.hpp"

#include <string_view>

namespace carrel::http {

namespace {

bool is_probe(const endpoint& found) noexcept { return found.answers_any_host() || found.what == action::pool; }

bool refuse_excess(exchange& ex, std::chrono::seconds wait, std::string_view detail) {
    ex.refuse(refusal::too_many_requests, detail);
    ex.response.retry_after = static_cast<std::uint64_t>(wait.count());
    return false;
}

std::string_view bytes_of(const peer_address& address) noexcept {
    return {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()};
}

}  // namespace

const peer_address& client_of(const exchange& ex) noexcept { return ex.request.client_address; }

bool pass_address_rate(exchange& ex, const endpoint* found) {
    auto& rates = ex.context->server().address_rate;
    const auto& client = client_of(ex);
    if (rates.is_off() || client.is_loopback() || (found != nullptr && is_probe(*found))) return true;
    const auto wait = rates.take(bytes_of(client.group()), carrel::access::rate_limiter::clock::now());
    if (!wait) return true;
    ex.request.endpoint = found;  // whose clients know refusals of another form
    return refuse_excess(ex, *wait, "This address sends more requests than it may.");
}

bool pass_login_rate(exchange& ex) {
    auto& rates = ex.context->server().login_rate;
    const auto wait = rates.take(bytes_of(client_of(ex).group()), carrel::access::rate_limiter::clock::now());
    return !wait || refuse_excess(ex, *wait, "Too many log-ins from this address; try again later.");
}

bool pass_principal_rate(exchange& ex, std::uint64_t principal) {
    auto& rates = ex.context->server().principal_rate;
    if (rates.is_off() || (ex.request.endpoint != nullptr && is_probe(*ex.request.endpoint))) return true;
    const auto wait = rates.take(principal, carrel::access::rate_limiter::clock::now());
    return !wait || refuse_excess(ex, *wait, "You send more requests than you may.");
}

}  // namespace carrel::http
