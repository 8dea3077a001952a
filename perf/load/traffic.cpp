#include "load/traffic.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace carrel::load {
namespace {

constexpr std::array names{
    std::pair{request_kind::point, std::string_view("point")},
    std::pair{request_kind::list, std::string_view("list")},
    std::pair{request_kind::post, std::string_view("post")},
    std::pair{request_kind::readback, std::string_view("readback")},
    std::pair{request_kind::events, std::string_view("events")},
    std::pair{request_kind::count, std::string_view("count")},
    std::pair{request_kind::live, std::string_view("live")},
};

constexpr std::size_t list_limit = 50;
constexpr std::size_t events_a_post = 5;
constexpr std::string_view all_accepted = R"({"accepted":5,"rejected":0,"errors":[],)";

bool holds(std::string_view body, const std::string& part) { return body.find(part) != body.npos; }

// The first members of an alert's JSON are in the order of the contract.
bool is_alert(std::string_view body, const std::string& id) { return body.starts_with("{\"id\":\"" + id + "\","); }

// A list of at least so many alerts; others may have made more.
bool is_list(std::string_view body, std::size_t least) {
    constexpr std::string_view last_member = "\"last_seen\":";
    std::size_t items = 0;
    for (auto at = body.find(last_member); at != body.npos; at = body.find(last_member, at + 1)) ++items;
    return body.starts_with("{\"items\":[") && body.ends_with("}") && items >= least && items <= list_limit;
}

}  // namespace

std::string_view name_of(request_kind kind) noexcept {
    for (const auto& [each, name] : names)
        if (each == kind) return name;
    return {};
}

std::optional<mix> parse_mix(std::string_view text) {
    mix parsed;
    while (!text.empty()) {
        const auto part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const auto equals = part.find('=');
        const std::string weight(equals == part.npos ? "1" : part.substr(equals + 1));
        char* end = nullptr;
        const auto number = std::strtod(weight.c_str(), &end);
        if (weight.empty() || *end != '\0' || !(number > 0)) return std::nullopt;
        const auto size = parsed.size();
        for (const auto& [kind, name] : names)
            if (name == part.substr(0, equals)) parsed[kind] = number;
        if (parsed.size() == size) return std::nullopt;
    }
    return parsed.empty() ? std::nullopt : std::optional(parsed);
}

traffic::traffic(const mix& weights, std::vector<std::string> ids, std::string host, std::string thread,
                 std::uint64_t seed)
    : ids_(std::move(ids)),
      host_(std::move(host)),
      prefix_("load-" + std::move(thread) + "-"),
      random_(seed) {
    std::vector<double> numbers;
    for (const auto& [kind, weight] : weights) {
        kinds_.push_back(kind);
        numbers.push_back(weight);
    }
    choose_ = std::discrete_distribution<std::size_t>(numbers.begin(), numbers.end());
}

request traffic::get(request_kind kind, std::string path) {
    request made;
    made.kind = kind;
    made.text = "GET " + std::move(path) + " HTTP/1.1\r\nHost: " + host_ + "\r\n\r\n";
    return made;
}

request traffic::post() {
    request made;
    made.kind = request_kind::post;
    made.id = prefix_ + std::to_string(++posted_);
    made.title = "Under load " + std::to_string(random_());
    const auto body = R"({"id":")" + made.id + R"(","title":")" + made.title +
                      R"(","severity":"high","tags":["attack.t1070.001"],"risk_score":73})";
    made.text = post_head("/api/v1/alerts", "application/json", body) + body;
    return made;
}

request traffic::post_events() {
    request made;
    made.kind = request_kind::events;
    std::string body;
    for (std::size_t i = 0; i < events_a_post; ++i)
        body += R"({"Hostname":"ws)" + std::to_string(random_() % 100) + R"(","EventID":4688,"Keywords":)" +
                std::to_string(random_() >> 1) + "}\n";
    made.text = post_head("/api/v1/events", "application/x-ndjson", body) + body;
    return made;
}

std::string traffic::post_head(std::string_view path, std::string_view type, const std::string& body) const {
    std::string head("POST ");
    head.append(path).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\nContent-Type: ").append(type);
    return head.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
}

request traffic::next() {
    switch (const auto kind = kinds_[choose_(random_)]) {
        case request_kind::post: return post();
        case request_kind::events: return post_events();
        case request_kind::list: return get(kind, "/api/v1/alerts?limit=" + std::to_string(list_limit));
        case request_kind::count: return get(kind, "/api/v1/events/count?field.NoSuchKey=zzz");
        case request_kind::readback:
            if (!made_.empty()) {
                const auto& [id, title] = made_[random_() % made_.size()];
                auto made = get(kind, "/api/v1/alerts/" + id);
                made.id = id;
                made.title = title;
                return made;
            }
            [[fallthrough]];
        case request_kind::point:
            if (!ids_.empty()) {
                const auto& id = ids_[random_() % ids_.size()];
                auto made = get(request_kind::point, "/api/v1/alerts/" + id);
                made.id = id;
                return made;
            }
            [[fallthrough]];
        case request_kind::live: break;
    }
    return get(request_kind::live, "/health/live");
}

bool traffic::accept(const request& asked, int status, std::string_view body) {
    switch (asked.kind) {
        case request_kind::point: return status == 200 && is_alert(body, asked.id);
        case request_kind::readback:
            return status == 200 && is_alert(body, asked.id) && holds(body, "\"title\":\"" + asked.title + "\"");
        case request_kind::list:
            return status == 200 && is_list(body, std::min(list_limit, ids_.size() + made_.size()));
        case request_kind::events: return status == 201 && body.starts_with(all_accepted);
        case request_kind::count: return status == 200 && body == "{\"count\":0}";
        case request_kind::live: return status == 200 && body == "{\"status\":\"alive\"}";
        case request_kind::post: break;
    }
    if (status != 201 || !is_alert(body, asked.id) || !holds(body, "\"title\":\"" + asked.title + "\"")) return false;
    made_.emplace_back(asked.id, asked.title);
    return true;
}

}  // namespace carrel::load
