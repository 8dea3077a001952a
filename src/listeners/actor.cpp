#include "listeners/actor.hpp"

#include "listeners/formats.hpp"
#include "siem/mapping_text.hpp"
#include "syslog/server.hpp"

#include <boost/system/system_error.hpp>

namespace carrel::listeners {

namespace {

constexpr std::chrono::seconds report_interval{10};

std::string name_in_log(const siem::stored_listener& of) { return "listener " + of.id; }

siem::dead_letter letter_of(const syslog::dead_message& from, const siem::stored_listener& of) {
    static_assert(siem::dead_letter_protocols[static_cast<std::size_t>(siem::listener_type::syslog)] == "syslog" &&
                  siem::dead_letter_protocols[static_cast<std::size_t>(siem::listener_type::cef)] == "cef" &&
                  siem::dead_letter_protocols[static_cast<std::size_t>(siem::listener_type::json)] == "json");
    return {.protocol = static_cast<siem::dead_letter_protocol>(of.type),
            .listener_id = of.id,
            .source = from.peer,
            .reason = from.reason,
            .details = from.details,
            .raw = from.raw,
            .was_cut = from.was_cut,
            .received_at = from.received_at};
}

syslog::dead_message_keeper keeper_of(const letter_keeper& keep, const siem::stored_listener& of) {
    if (!keep) return nullptr;
    return [keep, of](write_session& session, const std::vector<syslog::dead_message>& dead) {
        std::vector<siem::dead_letter> letters;
        letters.reserve(dead.size());
        for (const auto& each : dead) letters.push_back(letter_of(each, of));
        return keep(session, letters);
    };
}

syslog::transport transport_of(siem::listener_protocol protocol) noexcept {
    switch (protocol) {
        case siem::listener_protocol::udp: return syslog::transport::udp;
        case siem::listener_protocol::tcp: return syslog::transport::tcp;
        case siem::listener_protocol::tls: return syslog::transport::tls;
    }
    return syslog::transport::tcp;
}

std::unique_ptr<syslog::receiver> bind(syslog::receiver_context& context, const siem::stored_listener& of) {
    using boost::system::system_error;
    // Rules may be others since it was created.
    if (const auto why = siem::fault_in_listener_host(of.host); !why.empty())
        throw system_error(make_error_code(boost::system::errc::address_not_available), "the host " + why);
    if (of.protocol == siem::listener_protocol::tls && !(context.tls && context.tls()))
        throw system_error(make_error_code(boost::system::errc::operation_not_supported),
                           "the server has no certificate (--tls-cert, --tls-key)");
    const syslog::endpoint there{transport_of(of.protocol), boost::asio::ip::make_address(of.host), of.port};
    if (there.protocol == syslog::transport::udp) return syslog::make_udp_receiver(context, there);
    return syslog::make_tcp_receiver(context, there);
}

}  // namespace

std::string reason_of(const boost::system::system_error& failure, const siem::stored_listener& of) {
    const std::string place = std::string(siem::listener_protocols[static_cast<std::size_t>(of.protocol)]) + "://" +
                              (of.host.find(':') == std::string::npos ? of.host : "[" + of.host + "]") + ":" +
                              std::to_string(of.port);
    if (failure.code() == boost::system::errc::address_in_use) return place + " is in use already";
    if (failure.code() == boost::system::errc::permission_denied)
        return "the server may not listen on " + place + ": ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    if (failure.code() == boost::system::errc::operation_not_supported ||
        std::string_view(failure.what()).starts_with("the host "))
        return failure.what();
    return "cannot listen on " + place + ": " + failure.code().message();
}

actor::actor(actor_surroundings& with, const siem::stored_listener& of, syslog::counts& counted)
    : with_(with),
      settings_(of),
      counted_(counted),
      store_(with.io, with.store,
             {.log = with.log,
              .name = name_in_log(of),
              .mappings = with.mappings,
              .format = make_format(of),
              .keep_dead = keeper_of(with.keep_letters, of),
              .held_by_all = with.bytes_held},
             counted),
      context_{.io = with.io,
               .store = store_,
               .counted = counted,
               .message_bytes_max = of.message_bytes_max,
               .connections_max = of.connections_max,
               .log = with.log,
               .datagram_bytes_max = of.message_bytes_max,
               .name = name_in_log(of),
               .idle_time_max = std::chrono::seconds(of.idle_seconds),
               .has_lines = of.type == siem::listener_type::json,
               .tls = with.tls},
      receiver_(bind(context_, of)),
      url_(receiver_->url()),
      deadline_(with.io),
      drops_reported_(counted.dropped),
      losses_reported_(counted.lost) {
    store_.on_room = [this] { receiver_->go_on(); };
    use(of);
}

void actor::use(const siem::stored_listener& of) {
    settings_ = of;
    context_.message_bytes_max = of.message_bytes_max;
    context_.connections_max = of.connections_max;
    context_.idle_time_max = std::chrono::seconds(of.idle_seconds);
    has_own_mappings_ = !of.mappings.empty();
    store_.use(make_format(of), has_own_mappings_ ? siem::compile_mappings(of.mappings) : nullptr);
}

bool actor::is_as(const siem::stored_listener& of) const noexcept {
    return settings_.type == of.type && settings_.protocol == of.protocol && settings_.host == of.host &&
           settings_.port == of.port && settings_.restarts == of.restarts;
}

void actor::keep_up() {
    receiver_->keep_up();
    // What several hold together may have shrunk, though nothing of this one was stored.
    receiver_->go_on();
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_at_ < report_interval) return;
    reported_at_ = now;
    report();
}

// Drops, one line for all of an interval.
void actor::report() {
    const auto tell = [&](std::uint64_t now, std::uint64_t& before, const char* what) {
        if (now != before && with_.log)
            with_.log(log_level::warning, name_in_log(settings_) + ": " + std::to_string(now - before) + what);
        before = now;
    };
    tell(counted_.dropped, drops_reported_, " messages were dropped, since the writer is behind");
    tell(counted_.lost, losses_reported_,
         " datagrams were dropped by the system, since its receive buffer was full; net.core.rmem_max bounds it");
}

void actor::stop(std::chrono::milliseconds deadline, std::function<void()> done) {
    receiver_->drain();
    deadline_.expires_after(deadline);
    deadline_.async_wait([this](const error_code& ec) {
        if (!ec) store_.give_up();
    });
    store_.finish([this, done = std::move(done)] {
        deadline_.cancel();
        report();
        done();
    });
}

}  // namespace carrel::listeners
