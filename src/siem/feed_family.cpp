#include "siem/feed_family.hpp"

#include <iterator>

namespace carrel::siem {

namespace {

using enum field_kind;

std::vector<field> first_fields() {
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "type", .kind = enumeration, .required = true, .patchable = true, .values = source_types},
        {.name = "status", .kind = enumeration, .from = origin::server, .values = feed_statuses, .initial = 0},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "url", .patchable = true, .min = 1, .max = 8192},
        {.name = "branch", .patchable = true, .min = 1, .max = 200},
        {.name = "path", .patchable = true, .min = 1, .max = 1024},
        {.name = "auth_config",
         .kind = object,
         .patchable = true,
         .max = 16'384,
         .summary = "type basic (user, password), bearer (token) or header (name, value). Kept sealed, never shown.",
         .seen = visibility::write_only},
        {.name = "has_auth",
         .kind = boolean,
         .from = origin::server,
         .initial = 0,
         .summary = "Whether auth_config is set.",
         .expression = "auth_config IS NOT NULL"},
        {.name = "include_paths", .kind = text_list, .patchable = true, .max = 100, .item_max = 1024},
        {.name = "exclude_paths", .kind = text_list, .patchable = true, .max = 100, .item_max = 1024},
    });
}

std::vector<field> last_fields() {
    return {
        {.name = "priority", .kind = integer, .patchable = true, .min = 0, .max = 1000, .initial = 100},
        {.name = "update_strategy", .kind = enumeration, .patchable = true, .values = update_strategies, .initial = 0},
        {.name = "update_schedule",
         .patchable = true,
         .min = 1,
         .max = 200,
         .summary = "An interval (30m, 6h, 1d) or five fields of cron, in UTC."},
        {.name = "last_sync_at", .kind = field_kind::time, .from = origin::server},
        {.name = "next_sync_at", .kind = field_kind::time, .from = origin::server},
        {.name = "last_error", .from = origin::server},
        {.name = "stats", .kind = object, .from = origin::server, .max = 65'536},
        {.name = "tags", .kind = text_list, .patchable = true, .max = 50, .item_max = 100},
        {.name = "metadata", .kind = object, .patchable = true, .max = 65'536},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "etag", .from = origin::server, .seen = visibility::hidden},
        {.name = "last_modified", .from = origin::server, .seen = visibility::hidden},
    };
}

std::vector<field> history_fields() {
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "feed_id", .from = origin::server},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "created_by", .from = origin::creator},
        {.name = "kind", .kind = enumeration, .from = origin::server, .values = sync_kinds, .initial = 0},
        {.name = "trigger", .kind = enumeration, .from = origin::server, .values = sync_triggers, .initial = 0},
        {.name = "state", .kind = enumeration, .from = origin::server, .values = sync_states, .initial = 0},
        {.name = "started_at", .kind = field_kind::time, .from = origin::server},
        {.name = "finished_at", .kind = field_kind::time, .from = origin::server},
        {.name = "detail", .from = origin::server, .summary = "Why it failed, or that nothing had changed."},
        {.name = "stats", .kind = object, .from = origin::server, .max = 65'536},
        {.name = "items",
         .kind = json,
         .from = origin::server,
         .max = 1 << 20,
         .summary = "What came of single items, the first 200: file, line, id, result, detail."},
    };
}

}  // namespace

std::vector<field> with_feed_fields(std::vector<field> own) {
    std::vector<field> all = first_fields(), last = last_fields();
    std::move(own.begin(), own.end(), std::back_inserter(all));
    std::move(last.begin(), last.end(), std::back_inserter(all));
    return all;
}

std::vector<filter> feed_filters() {
    return {{.name = "type", .kind = filter_kind::enumeration, .column = "type", .values = source_types},
            {.name = "status", .kind = filter_kind::enumeration, .column = "status", .values = feed_statuses},
            {.name = "enabled", .kind = filter_kind::boolean, .column = "enabled"}};
}

resource_spec feed_history(std::string_view name, std::string_view table, const resource& (*feeds)()) {
    return {.name = name,
            .plural = "history",
            .table = table,
            .parent = {.by = feeds, .field = "feed_id"},
            .reads = feeds().reads,
            .writes = feeds().writes,
            .fields = history_fields(),
            .filters = {},
            .sorts = {"created_at"}};
}

}  // namespace carrel::siem
