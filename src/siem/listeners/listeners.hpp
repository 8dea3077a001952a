#pragma once

#include "resource/resource.hpp"

#include <array>
#include <string_view>

namespace carrel::siem {

/// What a listener's messages are. Kept in the database by place: only ever append.
enum class listener_type { syslog, cef, json };
inline constexpr std::array<std::string_view, 3> listener_types = {"syslog", "cef", "json"};

/// Kept in the database by place: only ever append.
enum class listener_protocol { udp, tcp, tls };
inline constexpr std::array<std::string_view, 3> listener_protocols = {"udp", "tcp", "tls"};

/// Kept in the database by place: only ever append.
enum class listener_status { stopped, starting, running, error };
inline constexpr std::array<std::string_view, 4> listener_statuses = {"stopped", "starting", "running", "error"};

const resource& listeners();

/// Start, stop and restart.
std::vector<operation> listener_control_operations();
/// Templates, and listeners made of one.
std::vector<operation> listener_template_operations();
operation listener_stats_operation();

}  // namespace carrel::siem
