#include "cli/log.hpp"

#include "cli/log_line.hpp"
#include "cli/repeat_filter.hpp"
#include "json/writer.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace carrel::cli {
namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
    switch (level) {
        case log_level::debug: return spdlog::level::debug;
        case log_level::info: return spdlog::level::info;
        case log_level::warning: return spdlog::level::warn;
        case log_level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::level::level_enum level_named(const std::string& name) {
    return name == "error"     ? spdlog::level::err
           : name == "warning" ? spdlog::level::warn
                               : spdlog::level::from_str(name);
}

// A pipe that nobody reads would be waited for.
bool may_wait(const std::string& path) {
    const int opened = path.empty() ? -1 : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened >= 0) ::close(opened);
    return !path.empty() && opened < 0 && errno == ENXIO;
}

// Lines are whole when they come here.
std::shared_ptr<spdlog::logger> make_logger(const log_settings& settings) {
    using spdlog::sinks::basic_file_sink_mt, spdlog::sinks::stderr_sink_mt;
    auto sink =
        settings.file.empty()
            ? std::static_pointer_cast<spdlog::sinks::sink>(std::make_shared<stderr_sink_mt>())
            : std::static_pointer_cast<spdlog::sinks::sink>(std::make_shared<basic_file_sink_mt>(settings.file));
    auto made = std::make_shared<spdlog::logger>("carrel", std::move(sink));
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, std::string()));
    made->set_level(level_named(settings.level));
    made->flush_on(spdlog::level::trace);
    return made;
}

// Used with the mutex held.
struct log_state {
    std::mutex guard;
    repeat_filter filter;
    line_form form;
    std::shared_ptr<spdlog::logger> logger = make_logger({});
};
log_state& state() {
    static log_state instance;
    return instance;
}

std::int64_t wall_clock() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

void write(log_state& into, log_level level, std::string_view text, const telemetry::log_origin& origin = {},
           std::string_view members = {}) {
    const auto line = log_line(into.form, level, wall_clock(), text, origin, members);
    into.logger->log(to_spdlog(level), "{}", spdlog::string_view_t(line.data(), line.size()));
}

std::string members_of(const slow_query& slow) {
    const auto seconds = [](std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); };
    std::string text;
    json::writer json(text);
    json.key("statement").string(slow.statement).key("plan").string(slow.plan);
    json.key("lane").string(name_of(slow.lane));
    json.key("running_seconds").real(seconds(slow.running)).key("wait_seconds").real(seconds(slow.waited));
    json.key("rows").integer(static_cast<std::int64_t>(slow.rows));
    if (slow.ended) json.key("ended").string(slow.ended.message());
    for (const auto& [name, label] : slow.origin) json.key(name).string(label);
    if (slow.left_out > 0) json.key("left_out").integer(static_cast<std::int64_t>(slow.left_out));
    return text;
}

// The engine bounds them by statement: they pass by the filter of repeats, for which each request's would be another.
void write_slow(const slow_query& slow) {
    auto& known = state();
    const std::lock_guard lock(known.guard);
    if (known.form.is_json) write(known, log_level::warning, "slow query", {}, members_of(slow));
    else write(known, log_level::warning, describe(slow));
}

}  // namespace

bool start_log(const log_settings& settings) {
    std::shared_ptr<spdlog::logger> logger;
    if (may_wait(settings.file)) return false;
    try {
        logger = make_logger(settings);
    } catch (const spdlog::spdlog_ex&) {
        return false;
    }
    const bool is_read_by_journal = settings.file.empty() && is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
    auto& known = state();
    const std::lock_guard lock(known.guard);
    known.logger = std::move(logger);
    known.form = form_of(settings.format, is_read_by_journal);
    return true;
}

bool restart_log(const log_settings& settings) { return start_log(settings); }

void finish_log() {
    auto& known = state();
    const std::lock_guard lock(known.guard);
    for (const auto& each : known.filter.due(repeat_filter::time_point::max()))
        write(known, static_cast<log_level>(each.level), each.text);
}

void log(log_level level, std::string_view text) { log(level, text, {}); }

void log(log_level level, std::string_view text, const telemetry::log_origin& origin) {
    auto& known = state();
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(known.guard);
    for (const auto& each : known.filter.due(now)) write(known, static_cast<log_level>(each.level), each.text);
    // What is not written counts for nothing, and so hides nothing.
    if (!known.logger->should_log(to_spdlog(level))) return;
    if (known.filter.passes(static_cast<int>(level), text, now)) write(known, level, text, origin);
}

log_sink make_log_sink() {
    return [](log_level level, std::string_view text) { log(level, text, {}); };
}

telemetry::request_log_sink make_request_log_sink() {
    return
        [](log_level level, std::string_view text, const telemetry::log_origin& origin) { log(level, text, origin); };
}

slow_query_sink make_slow_query_sink() { return &write_slow; }

}  // namespace carrel::cli
