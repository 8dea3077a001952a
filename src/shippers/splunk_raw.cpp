#include "base/utf8.hpp"
#include "json/writer.hpp"
#include "shippers/made_json.hpp"
#include "shippers/splunk.hpp"

namespace carrel::shippers {

namespace {

using siem::body_item;

class hec_raw_body final : public shipper_body {
public:
    explicit hec_raw_body(const siem::call& request) {
        for (const std::string_view name : {"time", "host", "source", "sourcetype", "index"})
            if (const auto value = query_value(request, name); !value.empty())
                about_.emplace_back(name, json::as_utf8(value.substr(0, value_bytes_max)));
    }

    step next(std::string_view& bytes, body_item& into) override { return give(lines_->next(bytes, into), into); }
    step finish(body_item& into) override { return give(lines_->finish(into), into); }

    std::string_view why() const noexcept override { return lines_->why(); }
    std::size_t bytes_held() const noexcept override { return lines_->bytes_held(); }
    bool is_envelope() const noexcept override { return true; }
    void rejected(std::string_view) override { any_refused_ = true; }

    unsigned short answer(const siem::intake_summary&, std::string& body) const override {
        const auto code = any_refused_ ? hec_code::invalid_format : any_ ? hec_code::success : hec_code::no_data;
        write_hec_reply(body, code);
        return code == hec_code::success ? 200 : 400;
    }

private:
    static constexpr std::size_t value_bytes_max = 1'024;

    step give(step found, body_item& into) {
        if (found != step::item) return found;
        any_ = true;
        if (!into.fault.empty()) return found;
        made_.clear();
        json::writer out(made_);
        out.begin_object();
        for (const auto& [name, value] : about_) out.key(name).string(value);
        write_message(out, "event", into.text);
        out.end_object();
        into.text = made_;
        return found;
    }

    std::unique_ptr<siem::event_body> lines_ = siem::make_line_body();
    std::vector<std::pair<std::string_view, std::string>> about_;  // members of each envelope
    std::string made_;
    bool any_ = false, any_refused_ = false;
};

}  // namespace

std::unique_ptr<shipper_body> make_hec_raw_body(const siem::call& request) {
    return std::make_unique<hec_raw_body>(request);
}

}  // namespace carrel::shippers
