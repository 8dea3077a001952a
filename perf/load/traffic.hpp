#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::load {

enum class request_kind { point, list, post, readback, events, count, live };

/// Weights of the kinds of requests: `point=90,post=10`.
using mix = std::map<request_kind, double>;

/// Parses a mix; nothing if it names no kind or a weight is no positive number.
std::optional<mix> parse_mix(std::string_view text);
std::string_view name_of(request_kind kind) noexcept;

/// One request and what its answer must be.
struct request {
    request_kind kind = request_kind::live;
    std::string text;  // as it goes over the wire
    std::string id;    // of the alert it reads or makes
    std::string title;

    std::string_view method() const noexcept {
        return kind == request_kind::post || kind == request_kind::events ? "POST" : "GET";
    }
};

/// What one thread asks for: the same seed asks for the same. Alerts it makes join those that it reads back.
class traffic {
public:
    /// `ids`: of alerts that are there. `host` goes into each request; `thread` keeps the ids of threads apart.
    traffic(const mix& weights, std::vector<std::string> ids, std::string host, std::string thread, std::uint64_t seed);

    request next();
    /// Whether the answer is right, body included; takes note of an alert that was made.
    bool accept(const request& asked, int status, std::string_view body);

private:
    request get(request_kind kind, std::string path);
    request post();
    request post_events();
    std::string post_head(std::string_view path, std::string_view type, const std::string& body) const;

    std::vector<request_kind> kinds_;
    std::discrete_distribution<std::size_t> choose_;
    std::vector<std::string> ids_;
    std::vector<std::pair<std::string, std::string>> made_;  // id and title
    std::string host_;
    std::string prefix_;
    std::uint64_t posted_ = 0;
    std::mt19937_64 random_;
};

}  // namespace carrel::load
