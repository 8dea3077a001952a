#include "http_input.hpp"

#include "http/protocol/request_parser.hpp"
#include "http/protocol/target.hpp"
#include "support/strict_http.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace carrel::fuzz {

namespace {

struct seen_request {
    std::string method, target, id, body;
    bool operator==(const seen_request&) const = default;
};

// A connection without a socket: what it accepts of the bytes that it is fed.
class reader final : http::request_sink {
public:
    std::vector<seen_request> accepted;

    void feed(std::string_view piece) {
        // Always in other memory than before, so that a view that was not copied is found.
        std::string bytes = kept_;
        bytes.append(piece);
        const auto used = consume(bytes);
        if (parser_) parser_->own_views();
        kept_ = bytes.substr(used);
    }

private:
    std::size_t consume(std::string_view bytes) {
        const auto given = bytes.size();
        while (!ended_) {
            if (!parser_)
                while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
            if (bytes.empty() || (!parser_ && bytes == "\r")) break;
            if (!parser_) {
                current_ = {};
                parser_.emplace(static_cast<http::request_sink&>(*this), bounds_);
            }
            const auto used = parser_->put(bytes);
            must(used <= bytes.size(), "the parser takes no more than it was given");
            bytes.remove_prefix(used);
            if (parser_->fault() != http::framing_fault::none) ended_ = true;
            if (ended_ || !parser_->is_done()) break;
            accepted.push_back(current_);
            ended_ = closes_;
            parser_.reset();
        }
        return given - bytes.size();
    }

    void on_head(const http::request_head& head) override {
        current_.method = head.method;
        current_.target = head.target;
        current_.id = head[http::field::request_id];
        closes_ = !head.keep_alive;
        if (is_refused(head)) ended_ = true;
    }
    void on_body(std::string_view bytes) override { current_.body.append(bytes); }

    // What admission refuses, since the parser does not look at it.
    static bool is_refused(const http::request_head& head) {
        const auto target = http::split_target(head.target);
        if (!target || head.method == "CONNECT" || head.is_repeated(http::field::host)) return true;
        if (head.is_repeated(http::field::request_id)) return true;
        return (head.is_http11 && !head.has(http::field::host)) || (target->path == "*" && head.method != "OPTIONS");
    }

    http::limits bounds_;
    std::optional<http::request_parser> parser_;
    std::string kept_;
    seen_request current_;
    bool closes_ = false;
    bool ended_ = false;
};

std::vector<seen_request> read(std::string_view bytes, std::size_t piece) {
    reader made;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) made.feed(bytes.substr(0, piece));
    return made.accepted;
}

// A fault for the canary: a server that takes a bare LF for the end of a line.
std::string planted(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text.append(c == '\n' && !text.ends_with('\r') ? "\r\n" : std::string(1, c));
    return text;
}

}  // namespace

void check_http_input(std::string_view bytes) {
#ifdef CARREL_PLANTED_FAULT
    const auto accepted = read(planted(bytes), bytes.size() + 1);
#else
    const auto accepted = read(bytes, bytes.size());
    must(bytes.size() > 4'096 || accepted == read(bytes, 1), "pieces are read as the whole is");
    must(accepted == read(bytes, 7), "pieces of seven bytes are read as the whole is");
    (void)planted;
#endif
    const auto strict = testing::scan_strictly(bytes);
    must(accepted.size() <= strict.requests.size(), "no invalid request is accepted");
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        const auto& want = strict.requests[i];
        must(
            accepted[i] == seen_request{std::string(want.method), std::string(want.target), want.request_id, want.body},
            "a request is what the strict scanner says");
    }
}

}  // namespace carrel::fuzz
