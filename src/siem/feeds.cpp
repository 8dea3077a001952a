#include "siem/aggregates.hpp"
#include "siem/alert_status.hpp"
#include "siem/ioc_feeds.hpp"
#include "siem/rule_batch.hpp"
#include "siem/rule_feeds.hpp"

#include <iterator>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 4> feed_sorts = {"priority", "created_at", "updated_at", "name"};

std::vector<field> rule_feed_fields() {
    using enum field_kind;
    return with_feed_fields({
        {.name = "include_tags", .kind = text_list, .patchable = true, .max = 100, .item_max = 200},
        {.name = "exclude_tags", .kind = text_list, .patchable = true, .max = 100, .item_max = 200},
        {.name = "min_severity", .kind = enumeration, .patchable = true, .values = severities},
        {.name = "auto_enable_rules",
         .kind = boolean,
         .patchable = true,
         .initial = 0,
         .summary = "Whether new rules begin enabled."},
    });
}

}  // namespace

const resource& rule_feeds() {
    static const resource instance({
        .name = "rule_feed",
        .plural = "feeds",
        .table = "rule_feeds",
        .reads = permission::read_rules,
        .writes = permission::admin_system,
        .fields = rule_feed_fields(),
        .filters = feed_filters(),
        .sorts = {feed_sorts.begin(), feed_sorts.end()},
        .hooks = {.derive = derive_feed, .check = check_feed},
    });
    return instance;
}

const resource& rule_feed_history() {
    static const resource instance(feed_history("rule_feed_sync", "feed_sync_history", rule_feeds));
    return instance;
}

std::span<const feed_family> feed_families() {
    static constexpr std::array<feed_family, 2> all = {{
        {.feeds = rule_feeds, .history = rule_feed_history, .prepare = prepare_rule_feed, .takes_file = is_rule_file},
        {.feeds = ioc_feeds, .history = ioc_feed_history, .prepare = prepare_ioc_feed, .takes_file = nullptr},
    }};
    return all;
}

std::vector<operation> feed_operations() {
    std::vector<operation> all;
    for (const feed_family& each : feed_families()) {
        std::vector<operation> own = feed_family_operations(each);
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return all;
}

std::vector<const resource*> feed_resources() {
    std::vector<const resource*> all;
    for (const feed_family& each : feed_families()) {
        all.push_back(&each.feeds());
        all.push_back(&each.history());
    }
    return all;
}

}  // namespace carrel::siem
