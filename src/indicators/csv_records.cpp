#include "indicators/csv_records.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

constexpr std::size_t fields_max = 1'000;

}  // namespace

bool csv_records::next() {
    while (!rest_.empty()) {
        line_ = next_line_;
        if (at_line_end()) {
            take_line_end();
        } else if (comment_ != 0 && rest_.front() == comment_) {
            skip_line();
        } else {
            read_record();
            return true;
        }
    }
    return false;
}

void csv_records::read_record() {
    fields_.clear();
    fault_ = {};
    while (read_field()) {
    }
    if (!fault_.empty()) skip_line();
    else take_line_end();
}

// Whether another field of the record follows.
bool csv_records::read_field() {
    if (fields_.size() == fields_max) {
        fault_ = "has more than 1000 fields";
        return false;
    }
    auto& field = fields_.emplace_back();
    if (rest_.starts_with('"')) {
        read_quoted(field);
        if (!fault_.empty()) return false;
    } else {
        const char ends[] = {delimiter_, '\n'};
        auto size = std::min(rest_.find_first_of(std::string_view(ends, 2)), rest_.size());
        if (size < rest_.size() && rest_[size] == '\n' && size > 0 && rest_[size - 1] == '\r') --size;
        field = rest_.substr(0, size);
        rest_.remove_prefix(size);
    }
    if (at_line_end()) return false;
    if (rest_.front() != delimiter_) {
        fault_ = "has something behind a closing quote";
        return false;
    }
    rest_.remove_prefix(1);
    return true;
}

void csv_records::read_quoted(std::string& into) {
    rest_.remove_prefix(1);
    for (;;) {
        const auto quote = rest_.find('"');
        if (quote == rest_.npos) {
            fault_ = "has a quote that is not closed";
            rest_ = {};
            return;
        }
        into += rest_.substr(0, quote);
        next_line_ +=
            static_cast<std::size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<long>(quote), '\n'));
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) return;
        into += '"';
        rest_.remove_prefix(1);
    }
}

void csv_records::skip_line() {
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    take_line_end();
}

void csv_records::take_line_end() {
    if (rest_.starts_with('\r')) rest_.remove_prefix(1);
    if (rest_.starts_with('\n')) rest_.remove_prefix(1);
    ++next_line_;
}

}  // namespace carrel::indicators
