#pragma once

#include "http/routing/endpoints.hpp"
#include "json/writer.hpp"

#include <string>

namespace carrel::http {

/// The name of the schema of an endpoint's JSON body: `create_alert_body`.
std::string body_schema_name(const endpoint& each);

/// Writes one operation object of an OpenAPI document, under the key of its method.
void write_operation(json::writer& json, const endpoint& each);

}  // namespace carrel::http
