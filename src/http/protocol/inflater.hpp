#pragma once

#include "base/inflater.hpp"

namespace carrel::http {

using base::inflater;

}  // namespace carrel::http
