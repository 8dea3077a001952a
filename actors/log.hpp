#pragma once

#include "actors/probe.hpp"

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <string_view>

namespace carrel::detail {

/// Hands a line to the host's log sink; drops it if there is no memory for it.
void write_log(const options& settings, log_level level, std::string_view text) noexcept;
void write_log(const options& settings, log_level level, std::string_view text, const error& reason) noexcept;
/// "WHAT over after N ms, M KIND waited".
void log_episode_end(const options& settings, std::string_view what, const exhaustion::episode& ended,
                     std::string_view kind) noexcept;

}  // namespace carrel::detail
