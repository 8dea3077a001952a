#pragma once

#include "http/limits.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <array>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

/// The header fields that mean something here.
enum class field {
    host,
    origin,
    accept,
    content_type,
    content_encoding,
    accept_encoding,
    expect,
    if_match,
    if_none_match,
    idempotency_key,
    timeout,
    request_id,
    sec_fetch_site,
    forwarded_proto,
    forwarded_for,
    authorization,
    cookie,
    csrf_token,
    content_disposition,
    range,
    if_range,
    traceparent,
    tracestate,
};
inline constexpr std::size_t field_count = 23;

/// A request's header section. Views point into the bytes given to the parser, or into the parser.
struct request_head {
    std::string_view method;
    std::string_view target;
    std::array<std::string_view, field_count> values;
    std::uint32_t present = 0;   // a bit a field
    std::uint32_t repeated = 0;  // a bit a field given more than once that is not a list
    bool is_http11 = true;
    bool keep_alive = true;
    bool chunked = false;
    std::optional<std::uint64_t> content_length;

    bool has(field which) const noexcept { return (present >> static_cast<unsigned>(which)) & 1u; }
    bool is_repeated(field which) const noexcept { return (repeated >> static_cast<unsigned>(which)) & 1u; }
    std::string_view operator[](field which) const noexcept { return values[static_cast<std::size_t>(which)]; }
    bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

/// Gets what the parser finds.
class request_sink {
public:
    virtual void on_head(const request_head& head) = 0;
    virtual void on_body(std::string_view bytes) = 0;

protected:
    ~request_sink() = default;
};

enum class framing_fault { none, malformed, target_too_long, head_too_large };

/// Beast's parser for one request, without a container of fields and without an allocation: it keeps views on the few
/// fields that mean something here. Refuses what Beast lets through or waits for: a Transfer-Encoding other than exactly
/// one `chunked`, one beside a Content-Length or on HTTP/1.0, folded lines, lines that end in a bare LF, chunk extensions
/// outside their grammar. Lists that come in several lines are joined. Trailers are dropped. One message each; not
/// thread-safe.
class request_parser final : private boost::beast::http::basic_parser<true> {
public:
    request_parser(request_sink& sink, const limits& bounds);

    /// Takes bytes from the front of the request's rest and returns how many. Fewer than given: the rest must come again
    /// with more behind it, unless the message is done. Bytes given must not be empty.
    std::size_t put(std::string_view bytes);

    /// Call when bytes given to `put` are about to move or go: copies what is still needed of them.
    void own_views();

    bool is_done() const { return basic_parser::is_done(); }
    bool has_head() const { return basic_parser::is_header_done(); }
    framing_fault fault() const noexcept { return fault_; }
    /// Empty until the request line is there.
    std::string_view method() const noexcept { return head_.method; }

private:
    using error_code = boost::beast::error_code;
    using view = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, view method, view target, int version, error_code& ec) override;
    void on_field_impl(boost::beast::http::field name, view text, view value, error_code& ec) override;
    void on_header_impl(error_code& ec) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(view bytes, error_code&) override;
    void on_chunk_header_impl(std::uint64_t, view extension, error_code& ec) override;
    std::size_t on_chunk_body_impl(std::uint64_t, view bytes, error_code&) override;
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, view, int, error_code&) override {}

    void note(field which, std::string_view value);
    void note_connection(std::string_view value) noexcept;
    bool is_one_line(std::string_view name, std::string_view value) const noexcept;
    bool has_bare_line_end(std::string_view rest) noexcept;
    void check_framing(error_code& ec);
    void classify(const error_code& ec) noexcept;

    request_sink* sink_;
    const limits* limits_;
    request_head head_;
    std::unique_ptr<char[]> owned_;          // copies of views whose bytes are gone
    std::forward_list<std::string> joined_;  // values of lists that came in several lines
    std::string_view given_;                 // what the running `put` was given
    std::size_t head_bytes_ = 0;
    std::size_t fields_ = 0;
    std::size_t extension_bytes_ = 0;
    unsigned encodings_ = 0;          // Transfer-Encoding lines
    unsigned lengths_ = 0;            // Content-Length lines
    std::size_t searched_ = 0;        // bytes of the rest in which no bare LF was found
    bool asks_to_close_ = false;      // `Connection` lists close
    bool views_are_foreign_ = false;  // some view points into bytes the caller holds
    framing_fault fault_ = framing_fault::none;
};

}  // namespace carrel::http
