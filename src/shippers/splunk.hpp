#pragma once

#include "shippers/protocol.hpp"

#include <memory>

namespace carrel::shippers {

/// Splunk's HTTP event collector. Envelopes, one behind the other without a separator; stored as they come.
std::unique_ptr<shipper_body> make_hec_body(const siem::call& request);
/// Lines that are no envelopes: each becomes the `event` of one.
std::unique_ptr<shipper_body> make_hec_raw_body(const siem::call& request);

/// The collector's codes for its clients.
enum class hec_code {
    success = 0,
    invalid_authorization = 3,
    invalid_token = 4,
    no_data = 5,
    invalid_format = 6,
    internal = 8,
    busy = 9,
    no_event = 12,
    blank_event = 13,
    bad_fields = 15,
    healthy = 17
};
/// `{"text":…,"code":…}`; `number` is that of the event at fault, from 0, if there is one.
void write_hec_reply(std::string& body, hec_code code, std::int64_t number = -1);

}  // namespace carrel::shippers
