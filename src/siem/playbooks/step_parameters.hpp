#pragma once

#include "siem/action_config.hpp"
#include "siem/playbooks/step_definition.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

// What the parameters of a step may be, per type, as data.
namespace carrel::siem {

/// Texts with placeholders are looked at again once they are filled in.
void check_parameters(step_type type, const boost::json::value& given, const std::string& path,
                      std::vector<fault>& faults);

/// What is wrong with them once the alert is filled in: what an alert says must not become another kind of thing.
void check_filled(const step_definition& step, const boost::json::value& filled, std::vector<fault>& faults);

/// Whether a stored action of that type can do what a step of this one asks for; what can, for messages.
bool can_use(step_type step, action_type action) noexcept;
std::string usable_actions(step_type step);

}  // namespace carrel::siem
