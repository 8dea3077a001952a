#pragma once

#include "http/routing/endpoints.hpp"

#include <span>
#include <string>
#include <string_view>

namespace carrel::http {

/// The OpenAPI 3.1 document of what is served, made from the table that routes.
std::string openapi_document(std::span<const endpoint> endpoints, std::string_view version);

}  // namespace carrel::http
