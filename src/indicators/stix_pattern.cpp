#include "indicators/stix_pattern.hpp"

#include "indicators/text.hpp"

namespace carrel::indicators {

namespace {

struct property {
    std::string_view path;
    std::optional<kind> of;
};
// In lower case, without quotes.
constexpr property properties[] = {
    {"ipv4-addr:value", kind::ip},
    {"ipv6-addr:value", kind::ip},
    {"domain-name:value", kind::domain},
    {"url:value", kind::url},
    {"email-addr:value", kind::email},
    {"email-message:from_ref.value", kind::email},
    {"email-message:sender_ref.value", kind::email},
    {"file:name", kind::filename},
    {"windows-registry-key:key", kind::registry_key},
    {"vulnerability:name", kind::cve},
    {"network-traffic:src_ref.value", std::nullopt},
    {"network-traffic:dst_ref.value", std::nullopt},
    {"network-traffic:extensions.http-request-ext.request_header.user-agent", kind::user_agent},
};

constexpr std::size_t values_max = 10'000;

class pattern_reader {
public:
    pattern_reader(std::string_view text, std::string& why)
        : rest_(text),
          why_(why) {}

    std::vector<pattern_value> run() {
        do {
            if (!observation()) return {};
        } while (take_word("or"));
        skip_blanks();
        if (!rest_.empty() && !fail_at_word("follows an observation: several observations are not supported"))
            return {};
        return std::move(values_);
    }

private:
    bool fail(std::string_view why) {
        if (why_.empty()) why_ = "has a pattern that " + std::string(why);
        return false;
    }
    bool fail_at_word(std::string_view why) {
        const auto word = rest_.substr(0, std::min(rest_.find_first_of(" \t\r\n["), rest_.size()));
        if (why_.empty()) why_ = "has a pattern in which `" + std::string(word.substr(0, 40)) + "` " + std::string(why);
        return false;
    }
    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }
    bool take(char c) {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_word(std::string_view in_lower_case) {
        skip_blanks();
        if (!starts_with(rest_, in_lower_case)) return false;
        const auto after = rest_.substr(in_lower_case.size());
        if (!after.empty() && (is_letter(after.front()) || is_digit(after.front()) || after.front() == '_'))
            return false;
        rest_ = after;
        return true;
    }

    bool observation() {
        if (!take('[')) return fail("does not begin with [: parentheses and other languages are not supported");
        bool all_digests = true, has_and = false;
        for (;;) {
            bool is_digest = false;
            if (!comparison(is_digest)) return false;
            all_digests &= is_digest;
            if (take_word("and")) has_and = true;
            else if (!take_word("or")) break;
        }
        if (!take(']')) return fail("has an observation without a closing ]");
        if (has_and && !all_digests) return fail("joins conditions with AND, which one value cannot fulfil");
        return true;
    }

    bool comparison(bool& is_digest) {
        const std::string path = property_path();
        if (path.empty()) return fail("has a condition without a property");
        bool is_known = false;
        const auto of = kind_of_property(path, is_known);
        if (!is_known) return fail("compares `" + path.substr(0, 60) + "`, which is no kind of indicator");
        is_digest = of == kind::hash;
        if (take('=')) {
            take('=');
            return literal(of);
        }
        if (take_word("issubset") && of == kind::ip) return literal(of);
        if (take_word("in")) return list(of);
        return fail_at_word("is no comparison that a list of values can express");
    }

    // Without quotes and in lower case.
    std::string property_path() {
        skip_blanks();
        std::string path;
        while (!rest_.empty() && std::string_view(" \t\r\n=!<>()").find(rest_.front()) == std::string_view::npos) {
            if (rest_.front() != '\'') path += lower(rest_.front());
            rest_.remove_prefix(1);
        }
        return path;
    }

    bool list(std::optional<kind> of) {
        if (!take('(')) return fail("has IN without a list");
        do {
            if (!literal(of)) return false;
        } while (take(','));
        return take(')') || fail("has a list that is not closed");
    }

    bool literal(std::optional<kind> of) {
        if (!take('\'')) return fail("compares with something that is no string");
        std::string value;
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            if (rest_.front() == '\'') break;
            if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
            value += rest_.front();
        }
        if (!take('\'')) return fail("has a string that is not closed");
        if (values_.size() == values_max) return fail("has more than 10000 values");
        values_.push_back({of, std::move(value)});
        return true;
    }

    std::string_view rest_;
    std::string& why_;
    std::vector<pattern_value> values_;
};

}  // namespace

bool is_digest_name(std::string_view name) noexcept {
    for (const std::string_view each : {"md5", "sha-1", "sha1", "sha-256", "sha256", "sha-512", "sha512"})
        if (is_same(name, each)) return true;
    return false;
}

std::optional<kind> kind_of_property(std::string_view path, bool& is_known) noexcept {
    is_known = true;
    for (const std::string_view digests : {"file:hashes.", "artifact:hashes."})
        if (path.starts_with(digests) && is_digest_name(path.substr(digests.size()))) return kind::hash;
    for (const auto& each : properties)
        if (each.path == path) return each.of;
    is_known = false;
    return std::nullopt;
}

std::vector<pattern_value> read_pattern(std::string_view pattern, std::string& why) {
    return pattern_reader(pattern, why).run();
}

}  // namespace carrel::indicators
