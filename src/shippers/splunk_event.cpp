#include "json/walk.hpp"
#include "query/limits.hpp"
#include "shippers/splunk.hpp"
#include "siem/element_splitter.hpp"
#include "siem/text_trim.hpp"

#include <optional>
#include <utility>

namespace carrel::shippers {

namespace {

using siem::body_item;
using siem::element_splitter;

// What is wrong with an envelope.
std::optional<hec_code> fault_of(std::string_view envelope) {
    if (!envelope.starts_with('{') || !json::is_json(envelope, query::json_depth_max)) return hec_code::invalid_format;
    const auto event = json::member_of(envelope, "event");
    if (!event || *event == "null") return hec_code::no_event;
    if (json::is_string(*event) && siem::trimmed(event->substr(1, event->size() - 2)).empty())
        return hec_code::blank_event;
    const auto fields = json::member_of(envelope, "fields");
    if (fields && !fields->starts_with('{')) return hec_code::bad_fields;
    return std::nullopt;
}

// As the collector itself does, it takes what comes before the first envelope at fault, and reports its number.
class hec_body final : public shipper_body {
public:
    step next(std::string_view& bytes, body_item& into) override {
        if (!fault_ && take(envelopes_.next(bytes), into)) return step::item;
        if (fault_) bytes = {};
        return step::need_more;
    }

    step finish(body_item& into) override {
        if (!fault_ && !std::exchange(is_finished_, true) && take(envelopes_.finish(), into)) return step::item;
        return step::need_more;
    }

    std::string_view why() const noexcept override { return {}; }
    std::size_t bytes_held() const noexcept override { return envelopes_.bytes_held(); }
    bool is_envelope() const noexcept override { return true; }
    void rejected(std::string_view) override { fail(hec_code::invalid_format); }

    unsigned short answer(const siem::intake_summary&, std::string& body) const override {
        if (fault_) write_hec_reply(body, *fault_, number_ - 1);
        else write_hec_reply(body, number_ == 0 ? hec_code::no_data : hec_code::success);
        return fault_ || number_ == 0 ? 400 : 200;
    }

private:
    bool take(element_splitter::step found, body_item& into) {
        if (found == element_splitter::step::need_more) return false;
        ++number_;
        if (found == element_splitter::step::broken || envelopes_.is_oversized()) {
            fail(hec_code::invalid_format);
            return false;
        }
        into = {};
        into.text = siem::trimmed(envelopes_.element());
        into.number = number_;
        fault_ = fault_of(into.text);
        return !fault_;
    }
    void fail(hec_code why) {
        if (!fault_) fault_ = why;
    }

    element_splitter envelopes_{siem::event_bytes_max, element_splitter::mode::many_texts};
    std::int64_t number_ = 0;
    bool is_finished_ = false;
    std::optional<hec_code> fault_;
};

}  // namespace

std::unique_ptr<shipper_body> make_hec_body(const siem::call&) { return std::make_unique<hec_body>(); }

}  // namespace carrel::shippers
