#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

bool is_allowed(std::span<const edge> edges, std::int64_t from, std::int64_t to) noexcept;
/// What can follow a state, for messages: `acknowledged, closed`, or `nothing`.
std::string allowed_after(std::span<const edge> edges, std::span<const std::string_view> names, std::int64_t from);

/// Moves a record's field along its machine; 409 naming what is allowed. Part of the operation below and of others.
result<void> move(const resource& of, const state_machine& by, write_session& session, const call& request,
                  const record& before, std::int64_t to, record after, std::string_view note, reply& into);

/// POST <resource>/{id}/<path>, and GET for the trail if the machine has one.
std::vector<operation> machine_operations(const resource& of, const state_machine& by);

}  // namespace carrel::siem
