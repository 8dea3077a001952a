#include "shippers/splunk.hpp"

#include "json/writer.hpp"

#include <array>

namespace carrel::shippers {

namespace {

std::string_view text_of(hec_code code) {
    switch (code) {
        case hec_code::success: return "Success";
        case hec_code::invalid_authorization: return "Invalid authorization";
        case hec_code::invalid_token: return "Invalid token";
        case hec_code::no_data: return "No data";
        case hec_code::invalid_format: return "Invalid data format";
        case hec_code::internal: return "Internal server error";
        case hec_code::busy: return "Server is busy";
        case hec_code::no_event: return "Event field is required";
        case hec_code::blank_event: return "Event field cannot be blank";
        case hec_code::bad_fields: return "Error in handling indexed fields";
        case hec_code::healthy: return "HEC is healthy";
    }
    return "Internal server error";
}

void refuse(std::string& body, unsigned short status, std::string_view, std::string_view detail) {
    const bool is_busy = status == 429 || status == 503 || status == 507;
    const auto code = status == 401   ? hec_code::invalid_authorization
                      : status == 403 ? hec_code::invalid_token
                      : is_busy       ? hec_code::busy
                      : status >= 500 ? hec_code::internal
                                      : hec_code::invalid_format;
    json::writer out(body);
    out.begin_object().key("text").string(text_of(code)).key("code").integer(static_cast<int>(code));
    out.key("detail").string(detail).end_object();
}

protocol taking(std::string_view path, std::unique_ptr<shipper_body> (*make)(const siem::call&)) {
    protocol made;
    made.method = siem::method::post;
    made.path = path;
    made.make = make;
    made.refuse = refuse;
    return made;
}

protocol probe(std::string_view path) {
    protocol made;
    made.path = path;
    made.reply = R"({"text":"HEC is healthy","code":17})";
    made.is_probe = true;
    made.refuse = refuse;
    return made;
}

}  // namespace

void write_hec_reply(std::string& body, hec_code code, std::int64_t number) {
    json::writer out(body);
    out.begin_object().key("text").string(text_of(code)).key("code").integer(static_cast<int>(code));
    if (number >= 0) out.key("invalid-event-number").integer(number);
    out.end_object();
}

std::span<const protocol> splunk_protocols() {
    static const auto all = std::to_array<protocol>({
        taking("/services/collector", make_hec_body),
        taking("/services/collector/event", make_hec_body),
        taking("/services/collector/event/1.0", make_hec_body),
        taking("/services/collector/raw", make_hec_raw_body),
        taking("/services/collector/raw/1.0", make_hec_raw_body),
        probe("/services/collector/health"),
        probe("/services/collector/health/1.0"),
    });
    return all;
}

}  // namespace carrel::shippers
