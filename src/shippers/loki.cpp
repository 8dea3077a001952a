#include "json/walk.hpp"
#include "json/writer.hpp"
#include "shippers/made_json.hpp"
#include "shippers/nested_body.hpp"

#include <algorithm>
#include <array>

namespace carrel::shippers {

namespace {

constexpr std::size_t digits_max = 20;

bool is_nanoseconds(std::string_view text) {
    return !text.empty() && text.size() <= digits_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Streams of entries: labels come once a stream and written into each event.
class loki_body final : public nested_body {
public:
    loki_body()
        : nested_body("streams", siem::missing_array::may_be_null) {}

    bool is_envelope() const noexcept override { return true; }

    unsigned short answer(const siem::intake_summary& summary, std::string& body) const override {
        if (summary.rejected == 0) return 204;
        json::writer(body)
            .begin_object()
            .key("status")
            .string("error")
            .key("error")
            .string(faults_text(summary))
            .end_object();
        return 400;
    }

private:
    std::string_view begin_group(std::string_view stream) override {
        const auto labels = json::member_of(stream, "stream");
        const auto values = json::member_of(stream, "values");
        if (!values || !values->starts_with('[')) return "is a stream without an array `values`";
        if (labels && !labels->starts_with('{')) return "is a stream whose `stream` is not an object";
        if (labels && labels->size() > shared_bytes_max) return "is a stream with labels of more than 64 KiB";
        labels_ = labels.value_or("{}");
        entries_ = json::walk(*values);
        return {};
    }

    bool next_event(std::string& made, std::string& fault) override {
        if (!entries_.next()) return false;
        json::walk parts(entries_.value());
        std::array<std::string_view, 3> part;
        std::size_t count = 0;
        while (!parts.is_object() && count < part.size() && parts.next()) part[count++] = parts.value();
        if (count < 2) fault = "is not an array of a time and a line";
        else if (!json::is_string(part[0]) || !is_nanoseconds(json::text_of(part[0])))
            fault = "has a time that is not a string of nanoseconds";
        else if (!json::is_string(part[1])) fault = "has a line that is not a string";
        else if (!part[2].empty() && !part[2].starts_with('{')) fault = "has metadata that are not an object";
        else write(part, made);
        return true;
    }

    void write(const std::array<std::string_view, 3>& part, std::string& made) const {
        json::writer out(made);
        out.begin_object().key("time").raw(part[0]).key("labels").raw(labels_);
        if (part[2].size() > 2) out.key("metadata").raw(part[2]);
        const std::string line = json::text_of(part[1]);
        if (is_object_text(line)) out.key("event").raw(line);
        else out.key("line").raw(part[1]);
        out.end_object();
    }

    std::string_view labels_;
    json::walk entries_;
};

void refuse(std::string& body, unsigned short, std::string_view, std::string_view detail) {
    json::writer(body).begin_object().key("status").string("error").key("error").string(detail).end_object();
}

std::unique_ptr<shipper_body> make_body(const siem::call&) { return std::make_unique<loki_body>(); }

protocol push() {
    protocol made;
    made.method = siem::method::post;
    made.path = "/loki/api/v1/push";
    made.make = make_body;
    made.content = content_rule::json;
    made.refuse = refuse;
    return made;
}

protocol ready() {
    protocol made;
    made.path = "/loki/api/v1/status/buildinfo";
    made.reply = R"({"version":"2.9.0","revision":"carrel","branch":"carrel","goVersion":""})";
    made.refuse = refuse;
    return made;
}

}  // namespace

std::span<const protocol> loki_protocols() {
    static const auto all = std::to_array<protocol>({push(), ready()});
    return all;
}

}  // namespace carrel::shippers
