#include "actors/log.hpp"

#include <string>

namespace carrel::detail {

void write_log(const options& settings, log_level level, std::string_view text) noexcept {
    try {
        if (settings.log) settings.log(level, text);
    } catch (...) {
        // A sink that throws breaks its contract, and a line less is the least harm.
    }
}

void write_log(const options& settings, log_level level, std::string_view text, const error& reason) noexcept {
    try {
        write_log(settings, level, std::string(text) + reason.message());
    } catch (...) {
        write_log(settings, level, text);
    }
}

void log_episode_end(const options& settings, std::string_view what, const exhaustion::episode& ended,
                     std::string_view kind) noexcept {
    try {
        const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(ended.length).count();
        write_log(settings, log_level::warning,
                  std::string(what) + " over after " + std::to_string(length) + " ms, " + std::to_string(ended.jobs) +
                      " " + std::string(kind) + " waited");
    } catch (...) {
        write_log(settings, log_level::warning, what);
    }
}

}  // namespace carrel::detail
