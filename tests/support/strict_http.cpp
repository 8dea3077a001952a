#include "support/strict_http.hpp"

#include <algorithm>

namespace carrel::testing {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
bool is_token_char(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }
bool is_visible(char c) { return c > ' ' && c < '\x7f'; }
bool is_field_char(char c) { return c == ' ' || c == '\t' || is_visible(c) || static_cast<unsigned char>(c) >= 0x80; }

std::string_view without_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

enum class outcome { done, more, bad };

class scanner {
public:
    explicit scanner(std::string_view bytes)
        : rest_(bytes) {}

    strict_scan run() {
        strict_scan result;
        for (;;) {
            while (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
            if (rest_.empty()) return result;
            request_ = {};
            if (const auto ended = message(); ended != outcome::done) {
                result.end = ended == outcome::more ? strict_end::incomplete : strict_end::invalid;
                return result;
            }
            result.requests.push_back(request_);
            if (request_.closes) return result;
        }
    }

private:
    struct framing {
        bool is_old = false, keeps = false, closes = false, chunked = false;
        int hosts = 0, encodings = 0;
        std::optional<std::string_view> length;
    };

    // The next line without its CRLF. A CR or LF of another kind is an error at once.
    outcome line(std::string_view& text) {
        const auto end = rest_.find_first_of("\r\n");
        if (end == rest_.npos || (end + 1 == rest_.size() && rest_[end] == '\r')) return outcome::more;
        if (rest_.substr(end, 2) != "\r\n") return outcome::bad;
        text = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return outcome::done;
    }

    outcome message() {
        framing frame;
        if (const auto ended = request_line(frame); ended != outcome::done) return ended;
        if (const auto ended = fields(&frame); ended != outcome::done) return ended;
        if (frame.encodings > 1 || (frame.encodings == 1 && (frame.is_old || frame.length))) return outcome::bad;
        if (frame.hosts > 1 || (frame.hosts == 0 && !frame.is_old)) return outcome::bad;
        request_.closes = frame.closes || (frame.is_old && !frame.keeps);
        if (frame.chunked) return chunks();
        return frame.length ? counted(*frame.length) : outcome::done;
    }

    outcome request_line(framing& frame) {
        std::string_view text;
        if (const auto ended = line(text); ended != outcome::done) return ended;
        const auto first = text.find(' ');
        const auto last = text.rfind(' ');
        if (first == text.npos || first == last) return outcome::bad;
        request_.method = text.substr(0, first);
        request_.target = text.substr(first + 1, last - first - 1);
        const auto version = text.substr(last + 1);
        frame.is_old = version == "HTTP/1.0";
        if (!frame.is_old && version != "HTTP/1.1") return outcome::bad;
        return is_token(request_.method) && is_target() ? outcome::done : outcome::bad;
    }

    bool is_target() const {
        const auto target = request_.target;
        const auto allowed = [](char c) { return is_visible(c) && c != '#'; };
        if (target.empty() || !std::all_of(target.begin(), target.end(), allowed)) return false;
        if (request_.method == "CONNECT") return target.front() != '/' && target.find(':') != target.npos;
        if (target == "*") return request_.method == "OPTIONS";
        return target.front() == '/' || same(target.substr(0, 7), "http://") || same(target.substr(0, 8), "https://");
    }

    outcome fields(framing* frame) {
        for (;;) {
            std::string_view text;
            if (const auto ended = line(text); ended != outcome::done) return ended;
            if (text.empty()) return outcome::done;
            const auto colon = text.find(':');
            if (colon == text.npos || !is_token(text.substr(0, colon))) return outcome::bad;
            const auto value = without_blanks(text.substr(colon + 1));
            if (!std::all_of(value.begin(), value.end(), is_field_char)) return outcome::bad;
            if (frame != nullptr && !field(*frame, text.substr(0, colon), value)) return outcome::bad;
        }
    }

    bool field(framing& frame, std::string_view name, std::string_view value) {
        if (same(name, "Host")) ++frame.hosts;
        if (same(name, "X-Request-Id")) request_.request_id = value;
        if (same(name, "Transfer-Encoding")) {
            ++frame.encodings;
            frame.chunked = same(value, "chunked");
            return frame.chunked;
        }
        if (same(name, "Content-Length")) {
            if (frame.length || value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return false;
            frame.length = value;
        }
        if (same(name, "Connection")) note_connection(frame, value);
        return true;
    }

    static void note_connection(framing& frame, std::string_view value) {
        while (!value.empty()) {
            const auto comma = std::min(value.find(','), value.size());
            const auto option = without_blanks(value.substr(0, comma));
            frame.closes = frame.closes || same(option, "close");
            frame.keeps = frame.keeps || same(option, "keep-alive");
            value.remove_prefix(std::min(comma + 1, value.size()));
        }
    }

    // Nothing for a number beyond any length that could be meant.
    static std::optional<std::size_t> number(std::string_view digits, std::size_t base) {
        std::size_t value = 0;
        for (const char c : digits) {
            const auto digit = static_cast<std::size_t>(is_digit(c) ? c - '0' : lower(c) - 'a' + 10);
            if (value > (std::size_t{1} << 50)) return std::nullopt;
            value = value * base + digit;
        }
        return value;
    }

    outcome take(std::size_t size) {
        if (rest_.size() < size) return outcome::more;
        request_.body.append(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return outcome::done;
    }
    outcome counted(std::string_view digits) {
        const auto size = number(digits, 10);
        return size ? take(*size) : outcome::bad;
    }

    outcome chunks() {
        for (;;) {
            std::string_view text;
            if (const auto ended = line(text); ended != outcome::done) return ended;
            const auto hex_end = std::min(text.find_first_not_of("0123456789abcdefABCDEF"), text.size());
            const auto size = number(text.substr(0, hex_end), 16);
            if (hex_end == 0 || !size || !extensions(text.substr(hex_end))) return outcome::bad;
            if (*size == 0) return fields(nullptr);
            if (const auto ended = take(*size); ended != outcome::done) return ended;
            if (const auto ended = line(text); ended != outcome::done) return ended;
            if (!text.empty()) return outcome::bad;
        }
    }

    // *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
    static bool extensions(std::string_view text) {
        const auto blanks = [&text] { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); };
        const auto token = [&text] {
            const auto end = std::find_if_not(text.begin(), text.end(), is_token_char);
            const auto size = static_cast<std::size_t>(end - text.begin());
            text.remove_prefix(size);
            return size > 0;
        };
        while (!text.empty()) {
            blanks();
            if (!text.starts_with(';')) return false;
            text.remove_prefix(1);
            blanks();
            if (!token()) return false;
            const auto behind = text;
            blanks();
            if (!text.starts_with('=')) {
                text = behind;
                continue;
            }
            text.remove_prefix(1);
            blanks();
            if (text.starts_with('"') ? !quoted(text) : !token()) return false;
        }
        return true;
    }

    static bool quoted(std::string_view& text) {
        for (std::size_t i = 1; i < text.size(); ++i) {
            if (text[i] == '"') {
                text.remove_prefix(i + 1);
                return true;
            }
            if (text[i] == '\\') ++i;
            if (i == text.size() || !is_field_char(text[i])) return false;
        }
        return false;
    }

    std::string_view rest_;
    strict_request request_;
};

}  // namespace

strict_scan scan_strictly(std::string_view bytes) { return scanner(bytes).run(); }

}  // namespace carrel::testing
