#include "cli/archive_service.hpp"
#include "cli/background_service.hpp"
#include "cli/backup_flags.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/listen_address.hpp"
#include "cli/listener_service.hpp"
#include "cli/log.hpp"
#include "cli/options.hpp"
#include "cli/program_trial.hpp"
#include "cli/service_manager.hpp"
#include "cli/setup_link.hpp"
#include "cli/signals.hpp"
#include "cli/tls_flags.hpp"
#include "cli/watchdog.hpp"
#include "cli/writer_progress.hpp"
#include "http/server.hpp"
#include "siem/blobs.hpp"
#include "siem/event_keeper.hpp"
#include "siem/login.hpp"
#include "siem/secrets.hpp"
#include "sqlite/migration_report.hpp"

#include <boost/asio/use_future.hpp>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <iostream>

namespace carrel::cli {
namespace {

namespace asio = boost::asio;

// The counters of syslog, for the page of metrics.
std::vector<http::counter> counters_of(const syslog::counts& of) {
    return {{"syslog_received_total", "Messages received, by transport.", of.received_udp, {"transport", "udp"}},
            {"syslog_received_total", "Messages received, by transport.", of.received_tcp, {"transport", "tcp"}},
            {"syslog_stored_total", "Messages stored.", of.stored, {}},
            {"syslog_dropped_total", "Messages dropped: received, and not stored.", of.dropped, {}},
            {"syslog_lost_total", "Datagrams that the system dropped, since its receive buffer was full.", of.lost, {}},
            {"syslog_cut_total", "Messages that were longer than the bound.", of.cut, {}}};
}

// Of all parts, for the page of metrics. They must outlive the server.
std::function<std::vector<http::counter>()> counters_of(const std::optional<syslog::server>& logs,
                                                        listener_service& listeners, const archive_service& archive,
                                                        telemetry_service& telemetry, const background_service& work,
                                                        const siem::backup_service* backups, backup_flags flags) {
    return [&logs, &listeners, &archive, &telemetry, &work, backups, flags = std::move(flags)] {
        auto all = logs ? counters_of(logs->counted()) : std::vector<http::counter>();
        listeners.add_counters(all);
        archive.add_counters(all);
        telemetry.add_counters(all);
        work.add_counters(all);
        add_backup_counters(backups, flags, all);
        return all;
    };
}

// Sockets first, then what they were promised, then the file.
int stop(http::server& server, std::optional<syslog::server>& logs, listener_service& listeners, database& store,
         std::chrono::milliseconds drain_time_max, telemetry_service& telemetry) {
    if (!listeners.stop(drain_time_max))
        log(log_level::warning, "messages of listeners were lost at the end of the drain");
    if (logs && !logs->stop(drain_time_max))
        log(log_level::warning, "messages of syslog were lost at the end of the drain");
    if (!server.stop(drain_time_max)) log(log_level::warning, "connections were cut at the end of the drain");
    telemetry.finish();
    if (auto stopped = store.stop(); !stopped) {
        log(log_level::error, "the end was not clean: " + stopped.error().message());
        return exit_failed;
    }
    log(log_level::info, "stopped");
    return exit_done;
}

// Takes over what can change while the server runs: certificates, the log's level and file, and how much is kept.
void reload(std::span<char*> arguments, siem::event_keeper* keeper, http::tls_acceptor* tls,
            const telemetry_service& telemetry) {
    if (tls != nullptr) reload_tls(*tls);
    auto parsed = parse_serve(arguments);
    const auto* settings = std::get_if<serve_settings>(&parsed);
    if (settings == nullptr) return log(log_level::error, "SIGHUP: the settings are wrong; those in force stay");
    if (!restart_log(settings->log)) return log(log_level::error, "SIGHUP: the log file cannot be opened");
    telemetry.reopen(settings->telemetry);
    if (keeper != nullptr) keeper->set_retention(settings->kept);
    log(log_level::info, "SIGHUP: log opened anew, level " + settings->log.level + "; " + describe(settings->kept) +
                             "; other settings need a restart");
}

std::string listen_address(const serve_settings& settings) {
    return syslog::authority(asio::ip::make_address(settings.front.address), settings.front.port);
}

// Tested before the database is opened, since nothing may be created when a port is taken. An exit status if one is.
std::optional<int> refuse_taken_ports(const serve_settings& settings) {
    const asio::ip::tcp::endpoint there(asio::ip::make_address(settings.front.address), settings.front.port);
    if (auto ec = settings.front.sockets.empty() ? try_listening(there) : error_code()) {
        const std::string what = "serve: cannot listen on " + listen_address(settings);
        return unusable(what + ": " + ec.message(), ec == asio::error::no_descriptors ? exit_usage : exit_network);
    }
    for (const auto& each : settings.syslog.endpoints) {
        if (each.protocol != syslog::transport::tcp) continue;
        if (auto ec = try_listening({each.address, each.port}))
            return unusable("serve: --syslog: cannot listen on tcp://" + syslog::authority(each.address, each.port) +
                                ": " + ec.message(),
                            exit_network);
    }
    return std::nullopt;
}

// Of an earlier version, or of rules that were deleted: such an alert keeps the id as text.
void tell_of_missing_rules(database& store) {
    const auto missing = store.read([](read_session& session) {
        return session.first_integer("SELECT count(*) FROM alerts WHERE rule_id IS NOT NULL AND rule IS NULL");
    });
    if (!missing) return log(log_level::warning, "alerts without their rule: " + missing.error().message());
    if (missing->value_or(0) > 0)
        log(log_level::info, std::to_string(**missing) + " alerts name a rule that is not there");
}

// The key of secrets, and where the server may go by itself. An exit status if the key cannot be used.
std::optional<int> prepare_outbound(const serve_settings& settings) {
    const bool is_private = settings.store.path == ":memory:";
    siem::key_source where{.path = settings.key_file, .log = settings.store.log};
    where.may_create = where.path.empty() && !is_private;
    if (where.may_create) where.path = settings.store.path + ".key";
    const std::string path = where.path;
    siem::set_key_source(std::move(where));
    siem::set_outbound(settings.outbound);
    if (auto usable = siem::check_key(); !usable)
        return unusable("serve: --key-file: " + usable.error().text, status_of_secret(path));
    return std::nullopt;
}

// What uploads left when the server ended. On a full disk it stays until the next start: nothing waits for it, and reads and
// deletions are to go on.
result<void> give_up_uploads(database& store) {
    const auto left = store.read([](read_session& session) { return siem::has_unfinished_blobs(session); });
    if (!left) return left.error();
    if (!*left) return {};
    const auto done = store.write([](write_session& session) { return siem::give_up_blobs(session); });
    if (done) return {};
    if (done.error().code() != boost::system::errc::no_space_on_device) return done.error();
    log(log_level::warning, "unfinished uploads stay until the next start: " + done.error().message());
    return {};
}

// What requests look up in memory: how events are read, and who may do what.
result<void> load_in_force(database& store, serve_settings& settings) {
    siem::set_accounts(settings.accounts);
    settings.front.mappings = std::make_shared<siem::mappings_in_force>();
    settings.front.access = std::make_shared<siem::access_in_force>();
    if (auto loaded = settings.front.mappings->load(store); !loaded) return loaded;
    if (auto given_up = give_up_uploads(store); !given_up) return given_up;
    return settings.front.access->load(store);
}

// Whether the whole WAL is in the file now.
result<bool> checkpoint(database& store) {
    const auto done = store.async_checkpoint(as_result(asio::use_future)).get();
    if (!done) return done.error();
    return done->checkpointed_frames >= done->wal_frames;
}

// An exit status if it cannot be received.
std::optional<int> open_syslog(database& store, serve_settings& settings, std::optional<syslog::server>& into) {
    if (settings.syslog.endpoints.empty()) return std::nullopt;
    settings.syslog.mappings = settings.front.mappings;
    settings.syslog.log = settings.store.log;
    auto opened = syslog::server::listen(store, settings.syslog);
    if (!opened)
        return unusable("serve: --syslog: " + opened.error().diagnostic() + ": " + opened.error().code().message(),
                        exit_network);
    into.emplace(std::move(*opened));
    return std::nullopt;
}

// What a person, or a script, that started the program waits for.
void announce(const http::server& server, const std::optional<syslog::server>& logs, const http::server_options& front,
              const std::string& setup_token) {
    for (const auto& url : server.urls()) std::cout << "listening on " << url << std::endl;
    if (!setup_token.empty()) std::cout << setup_lines(reachable_url(front, server.url()), setup_token) << std::flush;
    if (!logs) return;
    for (const auto& url : logs->urls()) std::cout << "syslog on " << url << std::endl;
}

void warn_of_insecurity(const serve_settings& settings, const std::string& url) {
    // Hashes of passwords are in them.
    for (const std::string& file : database_files_open_to_others(settings.store.path))
        log(log_level::warning, file + " may be read or written by others than its owner; its mode should be 0600");
    const auto& front = settings.front;
    if (!front.insecure || asio::ip::make_address(front.address).is_loopback()) return;
    if (!front.access->has_users() && !front.require_login)
        log(log_level::warning, "--insecure: anyone who reaches " + url + " can read and write");
    else if (!front.has_safe_transport())
        log(log_level::warning, "--insecure: who is on the way to " + url + " can read along");
}

// Tested while the server still serves: what cannot start again is not stopped.
bool may_restart(std::span<char*> arguments) {
    auto parsed = parse_serve(arguments);
    if (!std::holds_alternative<serve_settings>(parsed)) {
        log(log_level::error, "SIGUSR2: the settings are wrong; the server goes on");
        return false;
    }
    const auto missing = archive_service::why_not_begun(std::get<serve_settings>(parsed));
    if (!missing || !missing->empty()) {
        log(log_level::error, "SIGUSR2: " + (missing ? *missing : missing.error().message()) + "; the server goes on");
        return false;
    }
    if (const auto why = why_not_read_again(std::get<serve_settings>(parsed).tls); !why.empty()) {
        log(log_level::error, "SIGUSR2: " + why + "; the server goes on");
        return false;
    }
    const std::string program = command_line()[0];
    // A name alone is looked for when it is run.
    if (program.find('/') == program.npos) return true;
    const auto why = why_not_carrel(program);
    if (!why.empty()) log(log_level::error, "SIGUSR2: " + program + " cannot be run: " + why + "; the server goes on");
    return why.empty();
}

// What of the settings does not hold, since whoever started the program chose otherwise.
void tell_of_passed_sockets(const serve_settings& settings, const http::server& server) {
    const auto wanted = listen_address(settings);
    if (settings.front.sockets.empty() || server.url().ends_with("//" + wanted)) return;
    std::string urls;
    for (const auto& each : server.urls()) urls += (urls.empty() ? "" : ", ") + each;
    log(log_level::info, "listening on sockets that were passed, " + urls + ", not on " + wanted);
}

// What the program receives and reports while it runs, beside its requests.
struct service {
    service_manager manager;
    watchdog alive{manager};
    std::string serving;    // what it says of itself while it serves
    std::vector<int> kept;  // sockets for the next run in place; empty if it is to end
};

// Sent only while requests are answered and writes are done.
void watch(watchdog& alive, const http::server& server, database& store) {
    constexpr std::chrono::seconds writer_still_max{60};
    const auto now = std::chrono::steady_clock::now();
    alive.watch([&server, &store, progress = writer_progress(writer_still_max, now)]() mutable {
        return server.takes_turns() && progress.moves(store.stats().writer, std::chrono::steady_clock::now());
    });
}

// What a service manager shows while the database is opened.
void show_migrations(options& store, const service& as) {
    store.log = [&as, path = store.path, log = store.log](log_level level, std::string_view text) {
        if (sqlite::is_about_migration(text)) as.manager.tell("STATUS=opening " + path + ": " + std::string(text));
        log(level, text);
    };
}

// Waits for the end, and reports it.
void await_end(std::optional<stop_signal>& signals, const http::server& server, service& as) {
    as.serving = "READY=1\nSTATUS=serving at " + server.url();
    as.manager.tell(as.serving);
    const int number = signals->wait();
    signals.reset();
    as.alive.relax();
    if (number == SIGUSR2) as.kept = server.duplicate_sockets();
    log(log_level::info, std::string(number == SIGUSR2 ? "restarting in place: " : "stopping: ") + ::strsignal(number));
    if (number == SIGUSR2) as.manager.tell_reloading("restarting: answering what has been asked");
    else as.manager.tell("STOPPING=1\nSTATUS=answering what has been asked");
}

// The token of the link by which the first administrator is made; empty if there is none to be made. Who has the link is let in, and
// nobody else.
std::string begin_setup(serve_settings& settings) {
    if (!settings.prints_setup_link) return {};
    settings.front.require_login = true;
    return settings.front.access->has_users() ? std::string() : siem::begin_setup();
}

// What is counted of it is for the page of metrics, too.
siem::keeper_settings make_keeper_settings(serve_settings& settings) {
    siem::keeper_settings made;
    made.log = settings.store.log;
    made.kept = settings.kept;
    settings.front.keeper = made.counters;
    return made;
}

int serve(serve_settings settings, std::span<char*> arguments, service& as) {
    if (const auto why = unsafe_database(settings.store.path); !why.empty())
        return unusable("serve: " + why, exit_permission);
    if (const auto status = refuse_taken_ports(settings)) return *status;
    if (const auto status = open_tls(settings.tls, settings.front.tls)) return *status;
    if (!start_log(settings.log))
        return unusable("serve: --log-file: " + settings.log.file + " cannot be opened", exit_file);
    settings.store.log = settings.front.log = make_log_sink();
    settings.front.request_log = make_request_log_sink();
    telemetry_service telemetry;
    if (const auto status = telemetry.open(settings.telemetry, settings.store.log, settings.front)) return *status;
    std::atomic<siem::event_keeper*> in_use{nullptr};
    auto signals = std::make_optional<stop_signal>(
        [arguments, &in_use, &as, &telemetry, tls = settings.front.tls.get()] {
            as.manager.tell_reloading("reading the settings anew");
            reload(arguments, in_use, tls, telemetry);
            as.manager.tell(as.serving);
        },
        [arguments] { return may_restart(arguments); });
    settings.store.on_slow = make_slow_query_sink();
    settings.front.version = CARREL_VERSION;
    if (const auto status = prepare_outbound(settings)) return *status;
    auto keeping = make_keeper_settings(settings);
    archive_service archive;
    if (const auto status = archive.open(settings)) return *status;
    show_migrations(settings.store, as);
    auto store = database::open(settings.store);
    if (!store) return unusable("serve: " + explain(store.error(), settings.store.path), exit_status_of(store.error()));
    if (auto loaded = load_in_force(*store, settings); !loaded)
        return unusable("serve: " + explain(loaded.error(), settings.store.path), exit_status_of(loaded.error()));
    const std::string setup_token = begin_setup(settings);
    std::optional<syslog::server> logs;
    if (const auto status = open_syslog(*store, settings, logs)) return *status;
    listener_service listeners(*store, settings);
    std::shared_ptr<siem::backup_service> backups;
    if (const auto status = open_backups(*store, settings, backups)) return *status;
    background_service workers;
    settings.front.counters =
        counters_of(logs, listeners, archive, telemetry, workers, backups.get(), settings.backups);
    auto server = http::server::listen(*store, settings.front);
    if (!server) return unusable("serve: " + explain(server.error()), exit_status_of(server.error(), exit_network));
    warn_of_insecurity(settings, server->url());
    // Before requests can change what is to run; the server's own port is bound already.
    if (auto started = listeners.start(); !started)
        log(log_level::error, "listeners could not be started: " + started.error().message());
    if (auto running = server->run(); !running)
        return unusable("serve: " + explain(running.error()), exit_status_of(running.error(), exit_network));
    keeping.checkpoint = [&store] { return checkpoint(*store); };
    keeping.on_positions = [&server] { server->announce_events(); };
    auto keeper = std::make_optional<siem::event_keeper>(*store, std::move(keeping));
    in_use = &*keeper;
    workers.start(*store, settings.front.access, settings.store.log);
    archive.start(*store, settings.store.path);
    tell_of_missing_rules(*store);
    if (settings.front.tls) warn_of_end(*settings.front.tls);

    log(log_level::info, "carrel " CARREL_VERSION " at " + server->url() + ": " + describe(settings));
    tell_of_passed_sockets(settings, *server);
    if (logs) logs->run();
    announce(*server, logs, settings.front, setup_token);
    watch(as.alive, *server, *store);
    await_end(signals, *server, as);
    if (backups) backups->stop();
    workers.stop();
    keeper.reset();
    archive.stop();
    const int status = stop(*server, logs, listeners, *store, settings.drain_time_max, telemetry);
    finish_log();
    return status;
}

}  // namespace

int serve(std::span<char*> arguments) {
    auto parsed = parse_serve(arguments);
    if (const int* ended = std::get_if<int>(&parsed)) return *ended;
    auto& settings = std::get<serve_settings>(parsed);
    service as;
    if (!as.manager.fault().empty()) return unusable("serve: " + as.manager.fault());
    settings.front.sockets = as.manager.sockets();
    as.manager.tell("STATUS=opening " + settings.store.path);
    const int status = serve(std::move(settings), arguments, as);
    if (status != exit_done || as.kept.empty()) return status;
    const int why = as.manager.run_again(as.kept, command_line());
    return unusable(std::string("serve: ") + command_line()[0] + " cannot be run again: " + std::strerror(why),
                    exit_failed);
}

}  // namespace carrel::cli
