#include "siem/ioc_feeds.hpp"

#include "indicators/kinds.hpp"
#include "resource/references.hpp"
#include "siem/alert_status.hpp"
#include "siem/indicators.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

// What a table's columns, or the members of an item, can be named for.
constexpr std::array<std::string_view, 12> mapped = {"items",      "value",     "type",        "severity",
                                                     "confidence", "tags",      "description", "external_id",
                                                     "first_seen", "last_seen", "valid_until", "references"};

void check_kinds(const record& row, std::string_view field, std::vector<fault>& faults) {
    const auto names = items_of(row.values[ioc_feeds().position(field)]);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!index_of(indicator_kinds, names[i]))
            faults.push_back(
                {std::string(field) + "[" + std::to_string(i) + "]", 0, "must be one of " + list_of(indicator_kinds)});
}

void check_mapping(const record& row, std::vector<fault>& faults) {
    const auto* const text = row.text(ioc_feeds().position("field_mapping"));
    if (text == nullptr) return;
    const auto parsed = boost::json::parse(*text);
    for (const auto& [key, given] : parsed.as_object()) {
        const std::string_view name(key.data(), key.size());
        const std::string path = "field_mapping." + std::string(name.substr(0, 100));
        if (!index_of(mapped, name)) faults.push_back({path, 0, "must be one of " + list_of(mapped)});
        else if (!given.is_string() || given.as_string().empty() || given.as_string().size() > 200)
            faults.push_back({path, 0, "must be a name of 1 to 200 bytes"});
    }
}

void check(const resource& of, const call& request, const record* before, record& after, std::vector<fault>& faults) {
    check_kinds(after, "include_types", faults);
    check_kinds(after, "exclude_types", faults);
    check_mapping(after, faults);
    for (const std::string_view name : {"delimiter", "comment_char"})
        if (const auto* text = after.text(of.position(name)); text != nullptr && (text->size() != 1 || *text == "\""))
            faults.push_back({std::string(name), 0, "must be one ASCII character and no quote"});
    if (!std::holds_alternative<double>(after.values[of.position("min_confidence")]))
        after.values[of.position("min_confidence")] = static_cast<double>(after.integer(of.position("min_confidence")));
    check_feed(of, request, before, after, faults);
}

// The indicators of a feed that goes stay, and belong to nobody.
result<void> release_indicators(const resource& of, write_session& session, const record& feed, reply&) {
    return session.execute("UPDATE iocs SET feed_id = NULL WHERE feed_id = ?", *feed.text(of.id));
}

std::vector<field> field_list() {
    using enum field_kind;
    return with_feed_fields({
        {.name = "format", .kind = enumeration, .required = true, .patchable = true, .values = feed_formats},
        {.name = "field_mapping",
         .kind = object,
         .patchable = true,
         .max = 8192,
         .summary =
             "csv: the columns by name, with a header. json: the members of an item, and `items`, the list of them."},
        {.name = "delimiter", .patchable = true, .min = 1, .max = 1},
        {.name = "comment_char", .patchable = true, .min = 1, .max = 1},
        {.name = "skip_header", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "value_column", .kind = integer, .patchable = true, .min = 0, .max = 1000, .initial = 0},
        {.name = "type_column", .kind = integer, .patchable = true, .min = -1, .max = 1000, .initial = -1},
        {.name = "include_types", .kind = text_list, .patchable = true, .max = 20, .item_max = 20},
        {.name = "exclude_types", .kind = text_list, .patchable = true, .max = 20, .item_max = 20},
        {.name = "default_type", .kind = enumeration, .patchable = true, .values = indicator_kinds},
        {.name = "min_confidence", .kind = real, .patchable = true, .min = 0, .max = 100, .initial = 0},
        {.name = "default_severity", .kind = enumeration, .patchable = true, .values = severities, .initial = 2},
        {.name = "default_status", .kind = enumeration, .patchable = true, .values = indicator_statuses, .initial = 0},
        {.name = "auto_expire_days",
         .kind = integer,
         .patchable = true,
         .min = 0,
         .max = 36'500,
         .initial = 0,
         .summary = "0: after as many days as its type has."},
    });
}

}  // namespace

const resource& ioc_feeds() {
    static const resource instance({
        .name = "ioc_feed",
        .plural = "ioc-feeds",
        .table = "ioc_feeds",
        .reads = permission::read_iocs,
        .writes = permission::write_iocs,
        .fields = field_list(),
        .filters = feed_filters(),
        .sorts = {"priority", "created_at", "updated_at", "name"},
        .hooks = {.derive = derive_feed, .check = check, .before_delete = release_indicators},
    });
    return instance;
}

const resource& ioc_feed_history() {
    static const resource instance(feed_history("ioc_feed_sync", "ioc_feed_sync_history", ioc_feeds));
    return instance;
}

}  // namespace carrel::siem
