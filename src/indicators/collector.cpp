#include "indicators/collector.hpp"

#include "base/utf8.hpp"
#include "indicators/normalize.hpp"
#include "indicators/text.hpp"
#include "json/walk.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::indicators {

namespace {

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto size = json::first_code_point(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

// Cuts between characters.
bool cut(std::string& text, std::size_t size_max) {
    if (text.size() <= size_max) return false;
    while (size_max > 0 && (static_cast<unsigned char>(text[size_max]) & 0xC0) == 0x80) --size_max;
    text.resize(size_max);
    return true;
}

bool bound_list(std::vector<std::string>& texts, std::size_t count_max, std::size_t size_max) {
    const auto before = texts.size();
    std::erase_if(texts, [&](const std::string& each) { return each.empty() || each.size() > size_max; });
    if (texts.size() > count_max) texts.resize(count_max);
    return texts.size() != before;
}

// Some feeds have networks among their addresses, and addresses with ports.
void mend_address(candidate& one) {
    if (one.of != kind::ip) return;
    if (one.value.find('/') != std::string::npos) one.of = kind::cidr;
    const auto port = one.value.find(':');
    if (port != std::string::npos && one.value.rfind(':') == port && one.value.find('.') < port &&
        is_digits(std::string_view(one.value).substr(port + 1)))
        one.value.resize(port);
}

}  // namespace

bool collector::take_text(std::string_view& text) {
    if (text.size() > within_.bytes_max) {
        refuse("has more than " + std::to_string(within_.bytes_max) + " bytes");
        return false;
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    return true;
}

bool collector::take_json(std::string_view& text, bool* lines) {
    if (!take_text(text)) return false;
    struct {
        void begin(char) {}
        void end(char) {}
        void key(std::string_view, bool) {}
        void value(json::scalar, std::string_view, bool) {}
    } nothing;
    json::scanner scan(text, nothing, within_.depth_max);
    const auto error = scan.run();
    text = trimmed(text);
    if (error == json::scan_error::none) return true;
    // Broken lines are reported one by one.
    if (lines != nullptr && (error == json::scan_error::trailing || text.find('\n') != text.npos) &&
        text.starts_with('{')) {
        *lines = true;
        return true;
    }
    refuse((error == json::scan_error::too_deep ? "is nested too deep at byte " : "is not JSON at byte ") +
           std::to_string(scan.offset()));
    return false;
}

void collector::shorten(candidate& one) {
    bool is_cut = cut(one.description, within_.description_max);
    is_cut |= cut(one.external_id, within_.external_id_max);
    is_cut |= bound_list(one.tags, within_.tags_max, within_.tag_max);
    is_cut |= bound_list(one.references, within_.references_max, within_.reference_max);
    if (is_cut) ++made_.shortened;
}

void collector::add(candidate one, const item_place& at) {
    if (is_refused()) return;
    if (made_.candidates.size() == within_.items_max)
        return refuse("has more than " + std::to_string(within_.items_max) + " items");
    one.value = std::string(trimmed(one.value));
    if (one.value.empty()) return fault(at, "has an empty value");
    if (one.value.size() > value_max) return fault(at, "has a value of more than 4096 bytes");
    if (!is_utf8(one.value) || !is_utf8(one.description) || !is_utf8(one.external_id) ||
        !std::all_of(one.tags.begin(), one.tags.end(), is_utf8) ||
        !std::all_of(one.references.begin(), one.references.end(), is_utf8))
        return fault(at, "is not UTF-8");
    mend_address(one);
    shorten(one);
    one.line = at.line;
    one.path = at.path;
    made_.candidates.push_back(std::move(one));
}

void collector::fault(const item_place& at, std::string detail) {
    if (made_.faults.size() == within_.faults_max) ++made_.faults_left_out;
    else made_.faults.push_back({at.line, at.path, std::move(detail)});
}

std::optional<std::string_view> severity_named(std::string_view name) noexcept {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"critical", "critical"}, {"high", "high"}, {"medium", "medium"},      {"moderate", "medium"},
        {"low", "low"},           {"info", "info"}, {"informational", "info"}, {"information", "info"}};
    for (const auto& [written, meant] : names)
        if (is_same(name, written)) return meant;
    return std::nullopt;
}

std::optional<double> confidence_of(std::string_view text) noexcept {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && number >= 0 && number <= 100 ? std::optional(number) : std::nullopt;
}

}  // namespace carrel::indicators
