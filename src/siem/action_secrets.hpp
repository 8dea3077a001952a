#pragma once

#include "resource/resource.hpp"

// The settings of an action come in one object, `config`; what of them is secret is kept apart, sealed, in a hidden field.
namespace carrel::siem {

/// On the caller's thread: takes the secrets out of the `config` that is given and seals them.
void seal_config(const call& request, given_members& given, bool is_new, std::vector<fault>& faults);

/// Brings what was given together with what is there, and checks all of it for the action's type. A whole record that is to take
/// another's place waits for that one.
void settle_config(const call& request, const record* before, record& after, std::vector<fault>& faults);

}  // namespace carrel::siem
