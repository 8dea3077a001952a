#include "http/pipeline/traced_jobs.hpp"

namespace carrel::http {

job_timing* traced_jobs::next() noexcept {
    if (kept_.size() < kept_max) {
        try {
            return &kept_.emplace_back().timing;
        } catch (...) {
            // A span less is the least harm where there is no memory for it.
        }
    }
    ++left_out_;
    return nullptr;
}

void traced_jobs::completed(std::string_view failure) noexcept {
    if (left_out_ > 0 || kept_.empty()) return;
    kept_.back().completed = std::chrono::steady_clock::now();
    kept_.back().failure = failure;
}

std::string_view failure_word(const error& why, session_kind mode, const siem::problem* refused) noexcept {
    if (why.code() == make_error_code(siem::siem_errc::refused))
        return refused != nullptr ? kind_of(refusal_of(refused->code)).code : std::string_view("refused");
    if (why == errc::cancelled) return "cancelled";
    return kind_of(refusal_of(why, mode)).code;
}

}  // namespace carrel::http
