#include "commit_archive/restore_plan.hpp"

#include "base/time.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace carrel::commits {
namespace {

using base::failure;
using kind = restore_point::kind;

bool is_before(const base_file& one, const restore_point& to) {
    switch (to.is) {
        case kind::latest: return true;
        case kind::sequence: return one.sequence <= to.sequence;
        case kind::time: return one.time <= to.time;
    }
    return false;
}

bool reaches(const commit& last, const restore_point& to) {
    switch (to.is) {
        case kind::latest: return true;
        case kind::sequence: return last.sequence >= to.sequence;
        case kind::time: return last.time >= to.time;
    }
    return false;
}

std::string wanted(const restore_point& to) {
    return to.is == kind::sequence ? "commit " + std::to_string(to.sequence) : siem::format_time(to.time);
}

const base_file* first_base_after(const std::vector<generation>& all, std::uint32_t number) {
    for (const auto& each : all)
        if (each.number > number && !each.bases.empty()) return &each.bases.front();
    return nullptr;
}

failure not_reached(const std::vector<generation>& all, const generation& from, const commit& last,
                    const restore_point& to) {
    const std::string end = shown(last.sequence, last.time);
    if (const auto* next = first_base_after(all, from.number))
        return {wanted(to), " is in a gap: generation ",   std::to_string(from.number),      " ends with ",
                end,        ", and the next begins with ", shown(next->sequence, next->time)};
    return {wanted(to), " is after the end of the archive, which is ", end};
}

}  // namespace

std::string shown(std::uint64_t sequence, std::int64_t time) {
    return "commit " + std::to_string(sequence) + " of " + siem::format_time(time);
}

std::optional<restore_point> parse_point(std::string_view text, std::int64_t now) {
    restore_point point;
    if (text == "latest") return point;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), point.sequence);
    if (ec == std::errc() && end == text.data() + text.size()) {
        point.is = kind::sequence;
        return point;
    }
    const auto time = siem::parse_time(text, now);
    if (!time) return std::nullopt;
    point.is = kind::time;
    point.time = *time;
    return point;
}

base::outcome<restore_plan> plan_restore(const std::vector<generation>& all, const restore_point& to) {
    std::optional<failure> unreached;
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
        const auto start = std::find_if(each->bases.rbegin(), each->bases.rend(),
                                        [&](const base_file& one) { return is_before(one, to); });
        if (start == each->bases.rend()) continue;
        const auto last = last_commit(*each);
        if (!last) return failure{last.error().diagnostic()};
        if (!*last || !reaches(**last, to)) {
            const auto end = *last ? **last : commit{start->sequence, start->time, 0, 0, 0};
            if (!unreached) unreached = not_reached(all, *each, end, to);
            // A database that was restored counts on from an earlier commit: an older generation may be the one that has this one.
            if (to.is == kind::sequence) continue;
            return *unreached;
        }
        const auto first = first_file_after(*each, start->sequence);
        if (!first)
            return failure{"the commits after ", shown(start->sequence, start->time), " are missing in ", each->path};
        return restore_plan{*each, *start, *first};
    }
    if (unreached) return *unreached;
    if (const auto* first = first_base_after(all, 0))
        return failure{wanted(to), " is before the first base, which is ", shown(first->sequence, first->time)};
    return failure{"the archive holds no base yet"};
}

}  // namespace carrel::commits
