#include "http/protocol/request_parser.hpp"

#include "http/protocol/chunk_extension.hpp"
#include "http/protocol/text.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace carrel::http {

namespace beast = boost::beast::http;

namespace {

constexpr std::size_t method_bytes_max = 32;

std::string_view std_view(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

struct named_field {
    std::string_view name;
    field which;
};

// What Beast's own enumeration does not know.
constexpr named_field own_fields[] = {
    {"Idempotency-Key", field::idempotency_key}, {"Carrel-Timeout-Ms", field::timeout},
    {"X-Request-Id", field::request_id},         {"X-Forwarded-Proto", field::forwarded_proto},
    {"X-Forwarded-For", field::forwarded_for},   {"X-CSRF-Token", field::csrf_token},
    {"traceparent", field::traceparent},         {"tracestate", field::tracestate},
};

std::optional<field> field_of(beast::field known, std::string_view name) noexcept {
    switch (known) {
        case beast::field::host: return field::host;
        case beast::field::origin: return field::origin;
        case beast::field::content_type: return field::content_type;
        case beast::field::content_encoding: return field::content_encoding;
        case beast::field::accept: return field::accept;
        case beast::field::accept_encoding: return field::accept_encoding;
        case beast::field::expect: return field::expect;
        case beast::field::sec_fetch_site: return field::sec_fetch_site;
        case beast::field::if_match: return field::if_match;
        case beast::field::if_none_match: return field::if_none_match;
        case beast::field::authorization: return field::authorization;
        case beast::field::cookie: return field::cookie;
        case beast::field::content_disposition: return field::content_disposition;
        case beast::field::range: return field::range;
        case beast::field::if_range: return field::if_range;
        case beast::field::unknown: break;
        default: return std::nullopt;
    }
    for (const auto& own : own_fields)
        if (equals_ignoring_case(own.name, name)) return own.which;
    return std::nullopt;
}

// Lines of these are one list (RFC 9110 5.3). Two of `traceparent` are so what is ignored as malformed.
bool is_list(field which) noexcept {
    return which == field::if_match || which == field::if_none_match || which == field::expect ||
           which == field::content_encoding || which == field::accept || which == field::accept_encoding ||
           which == field::forwarded_for || which == field::traceparent || which == field::tracestate;
}

// Whether a chunk's line is there and its extension outside the grammar: an open quote makes Beast look beyond the line.
bool has_bad_chunk_line(std::string_view rest) noexcept {
    if (rest.starts_with("\r\n")) rest.remove_prefix(2);
    const auto line = rest.substr(0, rest.find("\r\n"));
    const auto size = line.find_first_not_of("0123456789abcdefABCDEF");
    return line.size() < rest.size() && size != std::string_view::npos && !is_chunk_extension(line.substr(size));
}

bool is_within(std::string_view part, std::string_view whole) noexcept {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

request_parser::request_parser(request_sink& sink, const limits& bounds)
    : sink_(&sink),
      limits_(&bounds) {
    eager(true);
    body_limit(boost::none);  // bodies are bounded by what receives them
    header_limit(static_cast<std::uint32_t>(bounds.head_bytes_max));
}

std::size_t request_parser::put(std::string_view bytes) {
    error_code ec;
    given_ = bytes;
    const auto used = basic_parser::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    given_ = {};
    if (ec && ec != beast::error::need_more) classify(ec);
    if (used > 0) searched_ = 0;
    // What is left of a body with a length is all taken: only a header section, a chunk's line or a trailer is waited for.
    const bool waits_for_lines = !has_head() || (head_.chunked && !is_done());
    const auto rest = bytes.substr(used);
    if (fault_ == framing_fault::none && waits_for_lines &&
        (has_bare_line_end(rest) || (has_head() && has_bad_chunk_line(rest))))
        fault_ = framing_fault::malformed;
    return used;
}

void request_parser::classify(const error_code& ec) noexcept {
    if (fault_ != framing_fault::none) return;
    fault_ = ec == beast::error::header_limit ? framing_fault::head_too_large : framing_fault::malformed;
}

void request_parser::own_views() {
    if (!views_are_foreign_ || has_head()) return;
    std::size_t needed = head_.method.size() + head_.target.size();
    for (const auto value : head_.values) needed += value.size();
    auto copy = std::make_unique<char[]>(needed);
    char* end = copy.get();
    const auto keep = [&end](std::string_view& text) {
        const auto* begin = end;
        end = std::copy(text.begin(), text.end(), end);
        text = std::string_view(begin, text.size());
    };
    keep(head_.method);
    keep(head_.target);
    for (auto& value : head_.values) keep(value);
    owned_ = std::move(copy);
    views_are_foreign_ = false;
}

void request_parser::on_request_impl(beast::verb, view method, view target, int version, error_code& ec) {
    if (method.size() > method_bytes_max) {
        ec = beast::error::bad_method;
        return;
    }
    head_.method = std_view(method);
    head_.target = std_view(target);
    head_.is_http11 = version >= 11;
    head_bytes_ = method.size() + target.size();
    views_are_foreign_ = true;
    if (target.size() > limits_->target_bytes_max) {
        fault_ = framing_fault::target_too_long;
        ec = beast::error::bad_target;
    }
}

void request_parser::on_field_impl(beast::field known, view name, view value, error_code& ec) {
    head_bytes_ += name.size() + value.size() + 4;
    if (++fields_ > limits_->fields_max || head_bytes_ > limits_->head_bytes_max) {
        ec = beast::error::header_limit;
        return;
    }
    // A folded line could hide a field from a proxy before us.
    if (!is_one_line(std_view(name), std_view(value))) {
        ec = beast::error::bad_value;
        return;
    }
    if (has_head()) return;  // a trailer
    if (known == beast::field::transfer_encoding) {
        ++encodings_;
        if (!equals_ignoring_case(std_view(value), "chunked")) ec = beast::error::bad_transfer_encoding;
    } else if (known == beast::field::content_length) {
        ++lengths_;
        if (!parse_digits(std_view(value))) ec = beast::error::bad_content_length;
    } else if (known == beast::field::connection) {
        note_connection(std_view(value));
    } else if (const auto which = field_of(known, std_view(name))) {
        note(*which, std_view(value));
    }
}

void request_parser::note(field which, std::string_view value) {
    const auto bit = static_cast<std::uint32_t>(1u << static_cast<unsigned>(which));
    auto& held = head_.values[static_cast<std::size_t>(which)];
    if ((head_.present & bit) != 0 && is_list(which)) {
        held = joined_.emplace_front(std::string(held).append(", ").append(value));
        return;
    }
    head_.repeated |= head_.present & bit;
    head_.present |= bit;
    held = value;
    views_are_foreign_ = true;
}

void request_parser::note_connection(std::string_view value) noexcept {
    while (!value.empty()) {
        const auto end = std::min(value.find(','), value.size());
        asks_to_close_ = asks_to_close_ || equals_ignoring_case(trimmed(value.substr(0, end)), "close");
        value.remove_prefix(std::min(end + 1, value.size()));
    }
}

// Whether the field's value begins and ends on the line of its name. Beast unfolds a value that goes on into a buffer of
// its own, unless all but one of its lines are blank.
bool request_parser::is_one_line(std::string_view name, std::string_view value) const noexcept {
    if (!is_within(value, given_) || !is_within(name, given_)) return false;
    const auto* const end = given_.data() + given_.size();
    const auto* at = name.data() + name.size() + 1;  // the colon is behind the name
    if (!value.empty()) {
        while (at < value.data() && (*at == ' ' || *at == '\t')) ++at;
        if (at != value.data()) return false;
        at += value.size();
    }
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
    return end - at > 2 && at[0] == '\r' && at[1] == '\n' && at[2] != ' ' && at[2] != '\t';
}

// Beast looks for a CRLF and would wait for it beside a bare LF.
bool request_parser::has_bare_line_end(std::string_view rest) noexcept {
    for (auto at = rest.find('\n', searched_); at != std::string_view::npos; at = rest.find('\n', at + 1))
        if (at == 0 || rest[at - 1] != '\r') return true;
    searched_ = rest.size();
    return false;
}

void request_parser::check_framing(error_code& ec) {
    if (encodings_ > 1 || (encodings_ == 1 && (lengths_ > 0 || !head_.is_http11)))
        ec = beast::error::bad_transfer_encoding;
    if (lengths_ > 1) ec = beast::error::multiple_content_length;
}

void request_parser::on_header_impl(error_code& ec) {
    check_framing(ec);
    if (ec) return;
    head_.keep_alive = keep_alive() && !asks_to_close_;
    head_.chunked = chunked();
    if (const auto length = content_length()) head_.content_length = *length;
    sink_->on_head(head_);
}

std::size_t request_parser::on_body_impl(view bytes, error_code&) {
    sink_->on_body(std_view(bytes));
    return bytes.size();
}

void request_parser::on_chunk_header_impl(std::uint64_t, view extension, error_code& ec) {
    extension_bytes_ += extension.size();
    if (extension_bytes_ > limits_->head_bytes_max || !is_chunk_extension(std_view(extension)))
        ec = beast::error::bad_chunk_extension;
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, view bytes, error_code&) {
    sink_->on_body(std_view(bytes));
    return bytes.size();
}

}  // namespace carrel::http
