#pragma once

#include "shippers/protocol.hpp"

#include <memory>

namespace carrel::shippers {

/// The body of Elastic's `_bulk`: a line that says what to do, and for what is created a line with the event.
std::unique_ptr<shipper_body> make_bulk_body(const siem::call& request);

}  // namespace carrel::shippers
