#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

/// A call of who made `request`, at the same time and from the same place, for one of the things that it asks for. It has nothing
/// else of it: whoever makes a call of another one copies no member by itself, since one that is forgotten may be a right.
call by_same_caller(const call& request);

}  // namespace carrel::siem
