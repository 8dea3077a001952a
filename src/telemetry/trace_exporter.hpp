#pragma once

#include "base/deflater.hpp"
#include "outbound/fetch.hpp"
#include "telemetry/record_queue.hpp"
#include "telemetry/trace_context.hpp"

#include <carrel/options.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace carrel::telemetry {

/// Sends spans to a collector by OTLP over HTTP, in its JSON encoding. One thread gathers, sends and tries again; those who
/// serve only copy what they have made. A collector that is slow or away costs spans, which are counted, and nothing else.
class trace_exporter {
public:
    struct settings {
        std::string url;             ///< Of traces, path included.
        outbound::headers fields;    ///< What logs in there; never shown.
        std::string ca_file;         ///< Certificates (PEM) that are trusted beside the system's; may be empty.
        bool packs = false;          ///< Bodies are sent as gzip.
        double ratio = 1;            ///< Of the traces that are decided here, how many are kept.
        bool callers_decide = true;  ///< Of a trace that comes with a request; else all are decided here.
        std::vector<std::pair<std::string, std::string>> resource;  ///< What the server is: `service.name` and so on.
        std::chrono::milliseconds time_max{10'000};                 ///< Of one request.
        std::chrono::milliseconds pause{5'000};                     ///< How long a span may wait.
        std::size_t waiting_bytes_max = 2u << 20;                   ///< Of each thread that makes spans.
        log_sink log;  ///< Gets a line when traces cannot be sent, once for each reason, and when they are again.
    };

    explicit trace_exporter(settings with);
    ~trace_exporter() { finish(); }
    trace_exporter(const trace_exporter&) = delete;
    trace_exporter& operator=(const trace_exporter&) = delete;

    /// Sends what waits, once and for at most two seconds, and ends the thread. What comes later is not sent.
    void finish();

    /// Whether a trace that begins here is kept.
    bool keeps(const trace_id& fresh) const noexcept { return ratio_.keeps(fresh); }
    /// Whether one that came with a request is.
    bool keeps(const trace_context& given) const noexcept {
        return settings_.callers_decide ? given.is_sampled : ratio_.keeps(given.trace);
    }
    /// For lines of spans: those of one request, JSON objects with commas between them.
    record_queue::lane& add_lane() { return queue_.add_lane(); }

    /// Requests whose spans the collector has taken, all of them.
    std::uint64_t sent() const noexcept { return sent_.load(std::memory_order_relaxed); }
    /// Requests whose spans it refused, or did not take in time.
    std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
    /// Requests of messages that it took but for some spans: one for each span that it rejected, at most all of the message. Which
    /// spans those were it does not say.
    std::uint64_t rejected() const noexcept { return rejected_.load(std::memory_order_relaxed); }
    /// Requests whose spans did not fit the queue.
    std::uint64_t dropped() const { return queue_.dropped(); }

private:
    enum class verdict { taken, refused, try_again };
    struct attempt {
        verdict met = verdict::try_again;
        std::uint64_t rejected_spans = 0;   // of a message that was taken
        std::chrono::milliseconds wait{0};  // before the next, as the collector wants it
    };

    void run();
    void send_all(std::string_view lines);
    void send(std::string_view lines);
    outbound::request message_of(std::string_view lines);
    attempt try_once(const outbound::request& message);
    void note(const std::string& why);
    void pause_for(std::chrono::milliseconds time);

    settings settings_;
    sample_ratio ratio_;
    record_queue queue_;
    std::string head_;  // of every message, up to the spans
    base::deflater deflater_;
    std::string last_failure_;
    std::stop_source cancel_;  // of the request under way
    std::promise<void> ended_;
    std::atomic<bool> is_ending_{false};
    std::atomic<std::uint64_t> sent_{0}, failed_{0}, rejected_{0};
    std::thread thread_;
};

}  // namespace carrel::telemetry
