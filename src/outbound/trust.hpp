#pragma once

#include "base/failure.hpp"
#include "outbound/policy.hpp"

#include <boost/asio/ssl/context.hpp>

namespace carrel::outbound {

/// TLS from 1.2 on, with the system's certificates and those of the policy.
base::outcome<void> set_up_trust(boost::asio::ssl::context& into, const policy& rules);

}  // namespace carrel::outbound
