#include "cli/listener_service.hpp"

#include "http/net/tls_acceptor.hpp"
#include "listeners/letters.hpp"
#include "siem/listeners/dead_letters.hpp"

#include <array>

namespace carrel::cli {

namespace {

listeners::supervisor_options options_of(const serve_settings& settings) {
    listeners::supervisor_options made;
    made.log = settings.store.log;
    made.mappings = settings.front.mappings;
    made.keep_letters = [](write_session& session, std::span<const siem::dead_letter> letters) -> result<void> {
        auto added = siem::add_dead_letters(session, letters);
        return added ? result<void>() : result<void>(added.error());
    };
    if (settings.front.tls) made.tls = [tls = settings.front.tls] { return tls->current(); };
    return made;
}

struct family {
    std::string_view name, help;
    std::int64_t siem::listener_counts::*count;
};

constexpr std::array<family, 7> families = {{
    {"listener_received_total", "Messages that listeners received.", &siem::listener_counts::received},
    {"listener_stored_total", "Messages that listeners stored.", &siem::listener_counts::stored},
    {"listener_dead_letters_total", "Messages that were no events, kept as dead letters.",
     &siem::listener_counts::dead_letters},
    {"listener_dropped_total", "Messages dropped: received, and not stored.", &siem::listener_counts::dropped},
    {"listener_lost_total", "Datagrams that the system dropped, since a receive buffer was full.",
     &siem::listener_counts::lost},
    {"listener_cut_total", "Messages that were longer than the bound.", &siem::listener_counts::cut},
    {"listener_refused_connections_total", "Connections that listeners turned away.", &siem::listener_counts::refused},
}};

}  // namespace

listener_service::listener_service(database& store, const serve_settings& settings)
    : listeners_(std::make_shared<listeners::supervisor>(store, options_of(settings))) {
    siem::set_listener_rules(settings.listeners);
    siem::read_dead_letters_by(siem::dead_letter_protocol::syslog, listeners::read_syslog_letter);
    siem::read_dead_letters_by(siem::dead_letter_protocol::cef, listeners::read_cef_letter);
    siem::set_listeners_in_force(listeners_);
}

listener_service::~listener_service() { siem::set_listeners_in_force(nullptr); }

bool listener_service::stop(std::chrono::milliseconds deadline) { return listeners_->stop(deadline); }

std::string_view listener_service::kept(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return *ids_.insert(id).first;
}

void listener_service::add_counters(std::vector<http::counter>& all) {
    const auto counted = listeners_->all_counts();
    for (const family& each : families)
        for (const auto& one : counted)
            all.push_back({each.name,
                           each.help,
                           static_cast<std::uint64_t>(one.counted.*each.count),
                           {"listener", kept(one.id)}});
}

}  // namespace carrel::cli
