#include "siem/element_splitter.hpp"
#include "siem/event_body.hpp"
#include "siem/text_trim.hpp"

#include <utility>

namespace carrel::siem {

namespace {

class element_body final : public event_body {
public:
    step next(std::string_view& bytes, body_item& into) override { return give(elements_.next(bytes), into); }

    step finish(body_item& into) override {
        if (std::exchange(is_finished_, true)) return step::need_more;
        const auto found = elements_.finish();
        if (found == element_splitter::step::broken) why_ = "the JSON ends too early";
        return give(found, into);
    }

    std::string_view why() const noexcept override { return why_; }
    std::size_t bytes_held() const noexcept override { return elements_.bytes_held(); }

    std::optional<std::string> on_broken_item(const body_item& of, const std::string& why) override {
        return "element " + std::to_string(of.number) + " " + why;
    }

private:
    step give(element_splitter::step found, body_item& into) {
        if (found == element_splitter::step::broken) {
            if (why_.empty()) why_ = elements_.why();
            return step::broken;
        }
        if (found != element_splitter::step::element) return step::need_more;
        into = {};
        into.number = ++number_;
        into.text = trimmed(elements_.element());
        if (elements_.is_oversized()) into.fault = too_long_fault;
        return step::item;
    }

    element_splitter elements_{event_bytes_max};
    std::int64_t number_ = 0;
    bool is_finished_ = false;
    std::string_view why_;
};

}  // namespace

std::unique_ptr<event_body> make_element_body() { return std::make_unique<element_body>(); }

}  // namespace carrel::siem
