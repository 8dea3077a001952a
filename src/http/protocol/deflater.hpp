#pragma once

#include "base/deflater.hpp"

namespace carrel::http {

using base::deflater;

}  // namespace carrel::http
