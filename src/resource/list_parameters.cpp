#include "resource/listing.hpp"
#include "resource/problems.hpp"

#include <algorithm>
#include <charconv>

// The parameters of lists that are no filters.
namespace carrel::siem {

std::vector<fault> refuse_parameters(const resource& of, const query_pairs& query,
                                     std::span<const std::string_view> others) {
    std::vector<fault> faults;
    for (auto at = query.begin(); at != query.end(); ++at) {
        if (is_filter(of, at->first)) continue;
        const auto same = [&](const auto& other) { return other.first == at->first; };
        if (std::find(others.begin(), others.end(), at->first) == others.end()) {
            faults.push_back({quoted(at->first), 0, "is an unknown parameter"});
        } else if (std::any_of(query.begin(), at, same)) {
            faults.push_back({at->first, 0, "is given twice"});
        }
    }
    return faults;
}

std::vector<fault> refuse_repeats(const query_pairs& query) {
    std::vector<fault> faults;
    for (auto at = query.begin(); at != query.end(); ++at)
        if (std::any_of(query.begin(), at, [&](const auto& other) { return other.first == at->first; }))
            faults.push_back({at->first, 0, "is given twice"});
    return faults;
}

std::optional<fault> read_limit(const query_pairs& query, std::int64_t& into) {
    return read_number(query, "limit", limit_max, into);
}

std::optional<fault> read_number(const query_pairs& query, std::string_view name, std::int64_t most,
                                 std::int64_t& into) {
    const auto text = parameter(query, name);
    if (!text) return std::nullopt;
    const char* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, into);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == end;
    if (whole && into >= 1 && into <= most) return std::nullopt;
    return fault{std::string(name), 0, "must be an integer from 1 to " + std::to_string(most)};
}

std::optional<std::string_view> parameter(const query_pairs& query, std::string_view name) {
    for (const auto& [known, text] : query)
        if (known == name) return text;
    return std::nullopt;
}

}  // namespace carrel::siem
