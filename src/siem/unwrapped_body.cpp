#include "siem/unwrapped_body.hpp"

#include "siem/array_finder.hpp"
#include "siem/element_splitter.hpp"
#include "siem/text_trim.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// Elements of the array at a path: of one document, or of each line's.
class unwrapped_body final : public event_body {
public:
    unwrapped_body(std::string path, bool is_line_by_line, missing_array missing)
        : finder_(path),
          is_line_by_line_(is_line_by_line),
          missing_(missing),
          absent_("has no array `" + path + "`") {}

    step next(std::string_view& bytes, body_item& into) override {
        while (!bytes.empty()) {
            const std::size_t size = is_line_by_line_ ? bytes.find('\n') : bytes.npos;
            std::string_view part = bytes.substr(0, size);
            const std::size_t before = part.size();
            const auto found = is_at_fault_ ? (part = {}, step::need_more) : take(part, into);
            bytes.remove_prefix(before - part.size());
            if (found != step::need_more) return found;
            if (size == bytes.npos) return step::need_more;
            bytes.remove_prefix(1);
            if (end_document(into)) return step::item;
        }
        return step::need_more;
    }

    step finish(body_item& into) override {
        if (std::exchange(is_finished_, true)) return step::need_more;
        const bool is_cut = finder_.has_begun() && !finder_.is_over();
        if (!is_line_by_line_ && (is_cut || !finder_.has_begun())) {
            why_ = "the JSON ends too early";
            return step::broken;
        }
        return end_document(into) ? step::item : step::need_more;
    }

    std::string_view why() const noexcept override { return why_; }
    std::size_t bytes_held() const noexcept override { return elements_.bytes_held(); }

    std::optional<std::string> on_broken_item(const body_item& of, const std::string& why) override {
        if (is_line_by_line_) return std::nullopt;
        return "element " + std::to_string(of.number) + " " + why;
    }

private:
    step take(std::string_view& part, body_item& into) {
        while (!part.empty()) {
            if (!in_array_) {
                const auto found = finder_.next(part);
                if (found == array_finder::step::broken) return broken(part, into);
                in_array_ = found == array_finder::step::array;
                if (in_array_) elements_.restart();
                continue;
            }
            const auto found = elements_.next(part);
            if (found == element_splitter::step::broken) return broken(part, into);
            if (found == element_splitter::step::end) in_array_ = false;
            if (found != element_splitter::step::element) continue;
            into = {};
            into.number = is_line_by_line_ ? line_ : ++elements_seen_;
            into.text = trimmed(elements_.element());
            if (elements_.is_oversized()) into.fault = too_long_fault;
            return step::item;
        }
        return step::need_more;
    }

    // A line is passed over from its fault on; a document ends the body.
    step broken(std::string_view& part, body_item& into) {
        if (!is_line_by_line_) {
            why_ = finder_.is_over() ? "the JSON text has trailing characters" : "the body is broken JSON";
            return step::broken;
        }
        part = {};
        is_at_fault_ = true;
        return fault(into, "is broken JSON"), step::item;
    }

    void fault(body_item& into, std::string_view why) const {
        into = {};
        into.number = is_line_by_line_ ? line_ : 1;
        into.fault = why;
    }

    bool is_as_it_must() const noexcept {
        if (finder_.has_found()) return true;
        if (finder_.has_other() || missing_ == missing_array::is_fault) return false;
        return finder_.has_null() || missing_ == missing_array::may_be_absent;
    }

    // The document's bytes have come; whether it was at fault and that was not said before.
    bool end_document(body_item& into) {
        const bool is_new = finder_.has_begun() && !is_at_fault_;
        if (is_new && !finder_.is_over()) fault(into, "is broken JSON");
        else if (is_new && !is_as_it_must()) fault(into, absent_);
        const bool is_faulty = is_new && !(finder_.is_over() && is_as_it_must());
        ++line_;
        is_at_fault_ = in_array_ = false;
        finder_.restart();
        elements_.restart();
        return is_faulty;
    }

    array_finder finder_;
    element_splitter elements_{event_bytes_max, element_splitter::mode::inside_array};
    bool is_line_by_line_;
    missing_array missing_;
    std::string absent_;
    bool in_array_ = false, is_at_fault_ = false, is_finished_ = false;
    std::int64_t line_ = 1, elements_seen_ = 0;
    std::string_view why_;
};

}  // namespace

std::unique_ptr<event_body> make_unwrapped_body(std::string path, bool is_line_by_line) {
    return std::make_unique<unwrapped_body>(std::move(path), is_line_by_line, missing_array::is_fault);
}

std::unique_ptr<event_body> make_document_body(std::string path, missing_array missing) {
    return std::make_unique<unwrapped_body>(std::move(path), false, missing);
}

}  // namespace carrel::siem
