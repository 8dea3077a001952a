#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace carrel::siem {

/// One edge of a state machine. `State` is an enumeration whose values are the places of its states' names.
template <class State>
struct transition {
    State from, to;
};

template <class State, std::size_t N>
constexpr bool is_allowed(const std::array<transition<State>, N>& machine, State from, State to) {
    for (const auto& each : machine)
        if (each.from == from && each.to == to) return true;
    return false;
}

/// What can follow a state, for messages: `acknowledged, closed`, or `nothing`.
template <class State, std::size_t N>
std::string allowed_after(const std::array<transition<State>, N>& machine, std::span<const std::string_view> names,
                          State from) {
    std::string list;
    for (const auto& each : machine) {
        if (each.from != from) continue;
        if (!list.empty()) list += ", ";
        list += names[static_cast<std::size_t>(each.to)];
    }
    return list.empty() ? "nothing" : list;
}

}  // namespace carrel::siem
