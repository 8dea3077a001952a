#include "cli/log.hpp"

#include "base/time.hpp"
#include "cli/repeat_filter.hpp"
#include "json/writer.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
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

// What the entry that this thread writes has beside its message, as JSON members: spdlog's entries have a text alone.
thread_local const std::string* more_members = nullptr;

// spdlog's patterns do not escape what they print.
class json_formatter final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        using std::chrono::duration_cast, std::chrono::microseconds;
        const auto level = spdlog::level::to_string_view(message.level);
        std::string line;
        json::writer json(line);
        json.begin_object()
            .key("time")
            .string(siem::format_time(duration_cast<microseconds>(message.time.time_since_epoch()).count()))
            .key("level")
            .string({level.data(), level.size()})
            .key("message")
            .string({message.payload.data(), message.payload.size()});
        if (more_members != nullptr) line.append(",").append(*more_members);
        json.end_object();
        line += '\n';
        out.append(line.data(), line.data() + line.size());
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }
};

}  // namespace

namespace {

struct repeats {
    std::atomic<bool> is_json{false};
    std::mutex guard;
    repeat_filter filter;
};
repeats& all_repeats() {
    static repeats instance;
    return instance;
}

void write(int level, std::string_view text) {
    spdlog::log(static_cast<spdlog::level::level_enum>(level), "{}", spdlog::string_view_t(text.data(), text.size()));
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
    auto& known = all_repeats();
    const bool is_json = known.is_json;
    const std::string members = is_json ? members_of(slow) : std::string();
    if (is_json) more_members = &members;
    try {
        write(spdlog::level::warn, is_json ? "slow query" : describe(slow));
    } catch (...) {
        more_members = nullptr;
        throw;
    }
    more_members = nullptr;
}

}  // namespace

bool start_log(const log_settings& settings) {
    std::shared_ptr<spdlog::logger> logger;
    try {
        logger = settings.file.empty()
                     ? std::make_shared<spdlog::logger>("carrel", std::make_shared<spdlog::sinks::stderr_sink_mt>())
                     : std::make_shared<spdlog::logger>(
                           "carrel", std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file));
    } catch (const spdlog::spdlog_ex&) {
        return false;
    }
    const bool is_json = settings.format == "json";
    all_repeats().is_json = is_json;
    if (is_json) logger->set_formatter(std::make_unique<json_formatter>());
    else logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(level_named(settings.level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    return true;
}

bool restart_log(const log_settings& settings) { return start_log(settings); }

void finish_log() {
    auto& known = all_repeats();
    const std::lock_guard lock(known.guard);
    for (const auto& each : known.filter.due(repeat_filter::time_point::max())) write(each.level, each.text);
}

void log(log_level level, std::string_view text) {
    auto& known = all_repeats();
    const int number = to_spdlog(level);
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(known.guard);
    for (const auto& each : known.filter.due(now)) write(each.level, each.text);
    if (known.filter.passes(number, text, now)) write(number, text);
}

log_sink make_log_sink() { return &log; }
slow_query_sink make_slow_query_sink() { return &write_slow; }

}  // namespace carrel::cli
