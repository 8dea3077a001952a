#include "siem/rule_lifecycle.hpp"

#include "base/utf8.hpp"
#include "siem/rules.hpp"

namespace carrel::siem {

namespace {

constexpr std::size_t reason_max = 1000;
constexpr timestamp sunset_max = timestamp{2 * 366} * 24 * 3600 * 1'000'000;

bool is_promotion(std::int64_t from, std::int64_t to) {
    const auto is = [](std::int64_t place, lifecycle state) { return place == static_cast<std::int64_t>(state); };
    return (is(from, lifecycle::experimental) && is(to, lifecycle::test)) ||
           (is(from, lifecycle::test) && is(to, lifecycle::stable));
}

// Why, and until when: a promotion needs no reason, and only what is deprecated has a last day.
void enter(const resource& of, const call& request, const record& before, record& after, std::string_view reason,
           std::vector<fault>& faults) {
    const auto place = [&](std::string_view name) { return of.position(name); };
    const std::int64_t from = before.integer(place("lifecycle")), to = after.integer(place("lifecycle"));
    const bool deprecates = to == static_cast<std::int64_t>(lifecycle::deprecated);
    if (reason.empty() && !is_promotion(from, to)) faults.push_back({"reason", 0, "is required"});
    if (json::count_code_points(reason) > reason_max)
        faults.push_back({"reason", 0, "must have at most " + std::to_string(reason_max) + " characters"});
    value& sunset = after.values[place("sunset_at")];
    const bool has_sunset = std::holds_alternative<std::int64_t>(sunset) &&
                            after.values[place("sunset_at")] != before.values[place("sunset_at")];
    if (has_sunset && !deprecates) faults.push_back({"sunset_at", 0, "is for what becomes deprecated"});
    if (has_sunset && deprecates) {
        const timestamp at = std::get<std::int64_t>(sunset);
        if (at <= request.now || at - request.now > sunset_max)
            faults.push_back({"sunset_at", 0, "must be in the future and at most two years from now"});
    }
    after.values[place("deprecated_at")] = deprecates ? value(request.now) : value();
    after.values[place("deprecated_reason")] = deprecates ? value(std::string(reason)) : value();
    after.values[place("deprecated_by")] =
        deprecates && !request.principal.empty() ? value(request.principal) : value();
    if (!deprecates) sunset = value();
}

}  // namespace

std::span<const edge> lifecycle_edges() {
    using enum lifecycle;
    constexpr auto e = [](lifecycle from, lifecycle to) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    };
    static constexpr std::array edges = {e(experimental, test), e(experimental, archived), e(test, stable),
                                         e(test, experimental), e(test, archived),         e(stable, deprecated),
                                         e(stable, archived),   e(deprecated, archived),   e(deprecated, stable)};
    return edges;
}

state_machine lifecycle_machine(std::string_view field) {
    return {.field = field,
            .path = "lifecycle",
            .to = "to",
            .note = "reason",
            .edges = lifecycle_edges(),
            .more = {{.name = "sunset_at", .kind = field_kind::time}},
            .has_trail = true,
            .enter = enter};
}

}  // namespace carrel::siem
