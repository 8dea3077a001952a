#include "attack/object_list.hpp"
#include "json/walk.hpp"

#include <algorithm>

namespace carrel::attack {

namespace {

struct nobody {
    void begin(char) {}
    void end(char) {}
    void key(std::string_view, bool) {}
    void value(json::scalar, std::string_view, bool) {}
};

std::string_view reason_of(json::scan_error error) {
    switch (error) {
        case json::scan_error::invalid_utf8: return "not UTF-8";
        case json::scan_error::too_deep: return "nested too deep";
        case json::scan_error::trailing: return "something follows the JSON";
        default: return "not JSON";
    }
}

// Where a byte stands, as an editor shows it.
std::string place_of(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) + ", column " +
           std::to_string(offset - line_begin + 1);
}

bool check_text(std::string_view text, findings& found) {
    const auto& within = found.within();
    if (text.size() > within.bytes_max) {
        found.fault({}, {}, "the bundle has more than " + std::to_string(within.bytes_max) + " bytes");
        return false;
    }
    nobody nothing;
    json::scanner scan(text, nothing, within.depth_max);
    const auto error = scan.run();
    if (error == json::scan_error::none) return true;
    found.fault({}, {}, std::string(reason_of(error)) + " at " + place_of(text, scan.offset()));
    return false;
}

// A bundle of STIX 2.0 says so itself; of 2.1 its objects do.
std::string version_of(const members& top, std::string_view objects) {
    if (top.has("spec_version")) {
        auto version = top.text("spec_version");
        if (version != "2.0" && version != "2.1") top.fault("spec_version", "must be 2.0 or 2.1");
        return version;
    }
    for (json::walk each(objects); each.next();)
        if (peek_text(each.value(), "spec_version") == "2.1") return "2.1";
    return "2.0";
}

template <class Entry, class From>
std::vector<Entry> by_id(std::vector<From>& from) {
    std::vector<Entry> all(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    std::sort(all.begin(), all.end(),
              [](const Entry& a, const Entry& b) { return a.id != b.id ? a.id < b.id : a.stix_id < b.stix_id; });
    return all;
}

bool is_digits(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool is_code(std::string_view text, std::string_view prefix) noexcept {
    return text.size() == prefix.size() + 4 && text.starts_with(prefix) && is_digits(text.substr(prefix.size()));
}

}  // namespace

bool is_tactic_id(std::string_view text) noexcept { return is_code(text, "TA"); }
bool is_technique_id(std::string_view text) noexcept {
    if (text.size() == 9 && text[5] == '.' && is_digits(text.substr(6))) text.remove_suffix(4);
    return is_code(text, "T");
}
bool is_data_source_id(std::string_view text) noexcept { return is_code(text, "DS"); }

std::variant<bundle, faults> read_bundle(std::string_view json, const limits& within) {
    findings found(within);
    bundle made;
    object_list list(found);
    if (check_text(json, found)) {
        while (!json.empty() && std::string_view(" \t\r\n").find(json.front()) != json.npos) json.remove_prefix(1);
        const members top(json, "bundle", {}, found);
        const auto objects = top.raw("objects");
        if (!found.has_faults() && top.text("type") != "bundle") top.fault("type", "must be `bundle`");
        if (!objects.empty() && objects.front() != '[') top.fault("objects", "must be a list");
        if (!found.has_faults()) {
            made.spec_version = version_of(top, objects);
            list.read(objects);
        }
    }
    if (!found.has_faults()) relate(list.all(), found);
    if (found.has_faults()) return found.take_faults();

    auto& all = list.all();
    made.matrices = by_id<matrix>(all.matrices);
    made.tactics = by_id<tactic>(all.tactics);
    made.techniques = by_id<technique>(all.techniques);
    made.data_sources = by_id<data_source>(all.data_sources);
    made.data_components = by_id<data_component>(all.components);
    made.objects = std::move(list.counts());
    found.move_warnings(made);
    return made;
}

}  // namespace carrel::attack
