#include "sigma/documents.hpp"

#include "sigma/source_text.hpp"

#include <algorithm>

namespace carrel::sigma {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_marker(std::string_view line, std::string_view marker) noexcept {
    return line.starts_with(marker) && (line.size() == marker.size() || is_blank(line[marker.size()]));
}
bool is_empty(std::string_view text) noexcept { return std::all_of(text.begin(), text.end(), is_blank); }

/// Whether a line is of no document: blank, a comment or a directive.
bool is_idle(std::string_view line) noexcept {
    const auto first = std::find_if_not(line.begin(), line.end(), is_blank);
    return first == line.end() || *first == '#' || line.starts_with('%');
}

/// Cuts a text line by line. A marker at the start of a line ends what came before wherever it stands, in quotes and block
/// scalars too; so no YAML has to be read.
class splitter {
public:
    explicit splitter(std::string_view text) noexcept
        : text_(text) {}

    std::vector<document> split() {
        for (std::size_t at = 0; at < text_.size(); ++line_) {
            const std::size_t end = std::min(text_.find('\n', at), text_.size() - 1) + 1;
            take(text_.substr(at, end - at), at);
            at = end;
        }
        close(text_.size());
        return std::move(found_);
    }

private:
    void take(std::string_view line, std::size_t at) {
        if (is_marker(line, "---")) return take_start(line, at);
        if (is_marker(line, "...")) {
            if (!holds_ && !started_) return;
            close(at + line.size());
            begin_ = at + line.size();
            begin_line_ = line_ + 1;
            return;
        }
        holds_ = holds_ || !is_idle(line) || (started_ && line.starts_with('%'));
    }

    void take_start(std::string_view line, std::size_t at) {
        // Comments and directives stay with the document that they introduce, and then its marker stays, too.
        const bool introduced = !holds_ && !started_ && !is_empty(text_.substr(begin_, at - begin_));
        if (!introduced) {
            if (holds_) close(at);
            const bool whole = !is_empty(line.substr(3));
            begin_ = whole ? at : at + line.size();
            begin_line_ = whole ? line_ : line_ + 1;
        }
        started_ = true;
        holds_ = !is_idle(line.substr(3));
    }

    void close(std::size_t end) {
        if (holds_) found_.push_back({text_.substr(begin_, end - begin_), begin_, begin_line_});
        holds_ = started_ = false;
    }

    std::string_view text_;
    std::vector<document> found_;
    std::size_t begin_ = 0, begin_line_ = 1, line_ = 1;
    bool started_ = false;  // by a marker
    bool holds_ = false;    // something beside comments
};

}  // namespace

std::variant<std::vector<document>, faults> parse_documents(std::string_view text, const document_limits& limits) {
    if (text.size() > limits.text_max)
        return faults{{1, 1, "longer than " + std::to_string(limits.text_max) + " bytes"}};
    if (auto bad = find_bad_character(text)) return faults{std::move(*bad)};
    std::vector<document> found = splitter(without_mark(text)).split();
    const auto mark = text.size() - without_mark(text).size();
    for (document& each : found) each.offset += mark;
    if (found.size() > limits.documents_max)
        return faults{
            {found[limits.documents_max].line, 1, "more than " + std::to_string(limits.documents_max) + " documents"}};
    // One alone is the text as it came.
    if (found.size() == 1) found.front() = {text, 0, 1};
    return found;
}

}  // namespace carrel::sigma
