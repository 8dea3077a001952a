#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carrel::indicators {

/// Cuts a table into records as RFC 4180 has them. The text must outlive this.
class csv_records {
public:
    csv_records(std::string_view text, char delimiter, char comment) noexcept
        : rest_(text),
          delimiter_(delimiter),
          comment_(comment) {}

    /// Whether there is another record that is not empty and no comment: then `fields`, `line` and `fault` are its.
    bool next();
    const std::vector<std::string>& fields() const noexcept { return fields_; }
    /// Where the record begins, from 1.
    std::size_t line() const noexcept { return line_; }
    /// Why the record cannot be used; empty if it can.
    std::string_view fault() const noexcept { return fault_; }

private:
    void read_record();
    bool read_field();
    void read_quoted(std::string& into);
    void skip_line();
    bool at_line_end() const noexcept { return rest_.empty() || rest_.front() == '\n' || rest_.starts_with("\r\n"); }
    void take_line_end();

    std::string_view rest_;
    char delimiter_, comment_;
    std::vector<std::string> fields_;
    std::size_t line_ = 0, next_line_ = 1;
    std::string_view fault_;
};

}  // namespace carrel::indicators
