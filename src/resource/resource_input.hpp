#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// The body of a creation or a patch, checked.
struct record_input : input {
    given_members given;  // parallel to the fields: what the body holds
    record row;           // of a creation: complete
};

}  // namespace carrel::siem
