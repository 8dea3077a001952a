#include "cli/log.hpp"

#include "base/time.hpp"
#include "json/writer.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>

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

// spdlog's patterns do not escape what they print.
class json_formatter final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        using std::chrono::duration_cast, std::chrono::microseconds;
        const auto level = spdlog::level::to_string_view(message.level);
        std::string line;
        json::writer(line)
            .begin_object()
            .key("time")
            .string(siem::format_time(duration_cast<microseconds>(message.time.time_since_epoch()).count()))
            .key("level")
            .string({level.data(), level.size()})
            .key("message")
            .string({message.payload.data(), message.payload.size()})
            .end_object();
        line += '\n';
        out.append(line.data(), line.data() + line.size());
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }
};

}  // namespace

void start_log(const std::string& format, const std::string& level) {
    auto logger = spdlog::stderr_logger_mt("carrel");
    if (format == "json") logger->set_formatter(std::make_unique<json_formatter>());
    else logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(level_named(level));
    spdlog::set_default_logger(std::move(logger));
}

void log(log_level level, std::string_view text) {
    spdlog::log(to_spdlog(level), "{}", spdlog::string_view_t(text.data(), text.size()));
}

log_sink make_log_sink() { return &log; }

}  // namespace carrel::cli
