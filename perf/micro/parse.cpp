// What does it cost to parse a request? A GET as wrk sends it, one with the fields of a browser, and a POST with its body.
#include "http/protocol/request_parser.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace carrel;

struct counting_sink final : http::request_sink {
    void on_head(const http::request_head& head) override { target_bytes = head.target.size(); }
    void on_body(std::string_view bytes) override { body_bytes += bytes.size(); }
    std::size_t target_bytes = 0;
    std::size_t body_bytes = 0;
};

constexpr std::string_view target = "/api/v1/alerts/01932f5c-2f40-7cc1-8a3e-5d1f0b6e9a21";
constexpr std::string_view body =
    R"({"title":"Suspicious use of wevtutil","description":"The log path of Security was changed.",)"
    R"("severity":"high","tags":["attack.t1070.001"],"risk_score":73})";

std::string request(std::string_view method, std::string_view more_fields, std::string_view content = {}) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n");
    return text.append(more_fields).append("\r\n").append(content);
}

void parse(benchmark::State& state, const std::string& text, std::size_t body_bytes) {
    const http::limits bounds;
    for (auto _ : state) {
        counting_sink sink;
        http::request_parser parser(sink, bounds);  // one a message, as a connection has
        std::string_view rest(text);
        while (!rest.empty() && !parser.is_done() && parser.fault() == http::framing_fault::none)
            rest.remove_prefix(parser.put(rest));
        benchmark::DoNotOptimize(sink);
        if (!parser.is_done() || sink.target_bytes != target.size() || sink.body_bytes != body_bytes) {
            state.SkipWithError("the request was not parsed to its end");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void get(benchmark::State& state) { parse(state, request("GET", ""), 0); }

void get_of_a_browser(benchmark::State& state) {
    parse(state,
          request("GET",
                  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
                  "Accept: application/json\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
                  "Referer: http://127.0.0.1:8080/\r\nConnection: keep-alive\r\nIf-None-Match: \"1\"\r\n"),
          0);
}

void post(benchmark::State& state) {
    const auto fields = "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    parse(state, request("POST", fields, body), body.size());
}

}  // namespace

BENCHMARK(get);
BENCHMARK(get_of_a_browser);
BENCHMARK(post);
