#include "telemetry/trace_exporter.hpp"

#include "json/reader.hpp"
#include "json/writer.hpp"
#include "outbound/retry_after.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace carrel::telemetry {
namespace {

constexpr std::size_t lines_a_message = 256;         // each has the spans of a request, from two to some fifty
constexpr std::size_t message_bytes_max = 1u << 20;  // of more than one line
constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr std::chrono::milliseconds first_wait{500}, wait_max{30'000};
constexpr std::chrono::seconds message_time_max{120};  // from the first try on
constexpr std::chrono::milliseconds last_flush_max{2'000};

std::string head_of(const std::vector<std::pair<std::string, std::string>>& resource) {
    std::string head;
    json::writer out(head);
    out.begin_object().key("resourceSpans").begin_array().begin_object();
    out.key("resource").begin_object().key("attributes").begin_array();
    for (const auto& [name, value] : resource)
        out.begin_object()
            .key("key")
            .string(name)
            .key("value")
            .begin_object()
            .key("stringValue")
            .string(value)
            .end_object()
            .end_object();
    out.end_array().end_object();
    out.key("scopeSpans").begin_array().begin_object();
    out.key("scope").begin_object().key("name").string("carrel.http").end_object().key("spans").raw("[");
    return head;
}

constexpr std::string_view message_end = "]}]}]}";

// Lines of spans become one list.
std::string body_of(const std::string& head, std::string_view lines) {
    std::string body;
    body.reserve(head.size() + lines.size() + message_end.size());
    body.append(head).append(lines.substr(0, lines.size() - 1)).append(message_end);
    std::replace(body.begin() + static_cast<std::ptrdiff_t>(head.size()), body.end(), '\n', ',');
    return body;
}

// The first lines, as many as one message has.
std::string_view first_of(std::string_view lines) {
    std::size_t end = 0;
    for (std::size_t count = 0; count < lines_a_message && end < lines.size(); ++count) {
        const auto next = lines.find('\n', end) + 1;
        if (end > 0 && next > message_bytes_max) break;
        end = next;
    }
    return lines.substr(0, end);
}

std::uint64_t count_lines(std::string_view lines) {
    return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

bool may_be_tried_again(unsigned status) { return status == 429 || status == 502 || status == 503 || status == 504; }

// How many spans were rejected of a message that was taken otherwise. A 64-bit integer is a string in this encoding; some write a number.
std::uint64_t rejected_of(std::string_view answer) {
    json::reader reader;
    json::parse_failure failure;
    const auto* document = reader.parse(answer, failure);
    const auto* object = document == nullptr ? nullptr : document->if_object();
    const auto* partial = object == nullptr ? nullptr : object->if_contains("partialSuccess");
    const auto* members = partial == nullptr ? nullptr : partial->if_object();
    const auto* count = members == nullptr ? nullptr : members->if_contains("rejectedSpans");
    if (count == nullptr) return 0;
    if (const auto* number = count->if_int64()) return static_cast<std::uint64_t>(std::max<std::int64_t>(0, *number));
    std::int64_t rejected = 0;
    if (const auto* text = count->if_string()) std::from_chars(text->data(), text->data() + text->size(), rejected);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rejected));
}

}  // namespace

trace_exporter::trace_exporter(settings with)
    : settings_(std::move(with)),
      ratio_(settings_.ratio),
      queue_(settings_.waiting_bytes_max),
      head_(head_of(settings_.resource)) {
    settings_.fields.push_back({"Content-Type", "application/json"});
    thread_ = std::thread([this] { run(); });
}

void trace_exporter::finish() {
    if (!thread_.joinable()) return;
    is_ending_ = true;
    queue_.finish();
    if (ended_.get_future().wait_for(last_flush_max) != std::future_status::ready) cancel_.request_stop();
    thread_.join();
}

void trace_exporter::run() {
    std::string lines;
    for (bool goes_on = true; goes_on;) {
        goes_on = queue_.wait(settings_.pause);
        lines.clear();
        try {
            queue_.take(lines);
            send_all(lines);
        } catch (const std::exception&) {
            failed_.fetch_add(count_lines(lines), std::memory_order_relaxed);
        }
    }
    ended_.set_value();
}

void trace_exporter::send_all(std::string_view lines) {
    while (!lines.empty()) {
        const auto some = first_of(lines);
        send(some);
        lines.remove_prefix(some.size());
    }
}

// Returns early if the server ends.
void trace_exporter::pause_for(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    for (auto now = std::chrono::steady_clock::now(); now < until; now = std::chrono::steady_clock::now())
        if (!queue_.wait(std::chrono::ceil<std::chrono::milliseconds>(until - now))) return;
}

outbound::request trace_exporter::message_of(std::string_view lines) {
    outbound::request made{"POST", settings_.url, settings_.fields, body_of(head_, lines)};
    if (!settings_.packs) return made;
    std::string packed;
    if (!deflater_.pack(made.body, packed)) return made;
    made.body = std::move(packed);
    made.fields.push_back({"Content-Encoding", "gzip"});
    return made;
}

void trace_exporter::send(std::string_view lines) {
    const auto message = message_of(lines);
    const auto give_up_at = std::chrono::steady_clock::now() + message_time_max;
    auto wait = first_wait;
    for (;;) {
        const bool is_last = is_ending_;
        const auto tried = try_once(message);
        if (tried.met == verdict::taken) {
            const auto rejected = std::min(tried.rejected_spans, count_lines(lines));
            rejected_.fetch_add(rejected, std::memory_order_relaxed);
            sent_.fetch_add(count_lines(lines) - rejected, std::memory_order_relaxed);
            return;
        }
        const auto next = std::max(wait, tried.wait);
        if (tried.met == verdict::refused || is_last || std::chrono::steady_clock::now() + next > give_up_at) break;
        pause_for(next);
        wait = std::min(2 * wait, wait_max);
    }
    failed_.fetch_add(count_lines(lines), std::memory_order_relaxed);
}

trace_exporter::attempt trace_exporter::try_once(const outbound::request& message) {
    outbound::policy rules;
    rules.connect_timeout = rules.deadline = settings_.time_max;
    rules.body_bytes_max = answer_bytes_max;
    rules.redirects_max = 0;
    rules.allow_private = true;  // the operator names the collector, which is often on this machine
    rules.ca_file = settings_.ca_file;
    const auto answer = outbound::fetch(message, rules, cancel_.get_token());
    if (!answer) {
        note(answer.error().text);
        return {};
    }
    if (answer->status >= 200 && answer->status < 300) {
        const auto rejected = rejected_of(answer->body);
        note(rejected > 0 ? "the collector rejects some of the spans" : "");
        return {verdict::taken, rejected};
    }
    note("the collector answers " + std::to_string(answer->status));
    if (!may_be_tried_again(answer->status)) return {verdict::refused};
    const auto now = std::chrono::system_clock::now();
    return {.wait = outbound::parse_retry_after(answer->field("retry-after"), now).value_or(std::chrono::seconds(0))};
}

void trace_exporter::note(const std::string& why) {
    if (why == last_failure_) return;
    last_failure_ = why;
    if (!settings_.log) return;
    if (why.empty()) settings_.log(log_level::info, "traces are sent again");
    else settings_.log(log_level::warning, "traces cannot be sent: " + why);
}

}  // namespace carrel::telemetry
