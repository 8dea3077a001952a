#include "siem/indicators.hpp"

#include "indicators/normalize.hpp"
#include "siem/alert_status.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

indicators::kind kind_of(const record& row) { return static_cast<indicators::kind>(row.integer(ioc_at().type)); }

// What the request leaves out: the kind is the one that the value most likely has, the day of expiry that of the kind.
void derive(const resource&, const call& request, given_members& given, bool is_new, std::vector<fault>&) {
    const indicator_fields& at = ioc_at();
    if (!is_new) return;
    const auto* text = given[at.value] ? std::get_if<std::string>(&*given[at.value]) : nullptr;
    if (text != nullptr && !given[at.type]) {
        if (const auto kind = indicators::guess_kind(*text))
            given[at.type].emplace(std::in_place_type<std::int64_t>, static_cast<std::int64_t>(*kind));
    }
    const auto* type = given[at.type] ? std::get_if<std::int64_t>(&*given[at.type]) : nullptr;
    if (type != nullptr && !given[at.expires_at])
        given[at.expires_at].emplace(std::in_place_type<std::int64_t>,
                                     expiry_of(static_cast<indicators::kind>(*type), request.now));
}

// A few microseconds, so that the writer may do it for a patch, which need not have both type and value.
void normalize(const record* before, record& after, std::vector<fault>& faults) {
    const indicator_fields& at = ioc_at();
    const bool is_same = before != nullptr && before->values[at.type] == after.values[at.type] &&
                         before->values[at.value] == after.values[at.value];
    if (is_same) return;
    auto made = indicators::normalize(kind_of(after), *after.text(at.value));
    if (const auto* why = std::get_if<indicators::refusal>(&made)) {
        faults.push_back({"value", 0, why->reason});
        return;
    }
    after.values[at.normalized] = std::move(std::get<indicators::normalized>(made).text);
}

void check(const resource&, const call&, const record* before, record& row, std::vector<fault>& faults) {
    const indicator_fields& at = ioc_at();
    normalize(before, row, faults);
    if (row.has(at.first_seen) && row.has(at.last_seen) && row.integer(at.first_seen) > row.integer(at.last_seen))
        faults.push_back({"first_seen", 0, "must not be after `last_seen`"});
    if (!std::holds_alternative<double>(row.values[at.confidence])) row.values[at.confidence] = 50.0;
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "type",
         .kind = enumeration,
         .required = true,
         .patchable = true,
         .values = indicator_kinds,
         .summary = "If it is left out: the kind that the value most likely has."},
        {.name = "value", .required = true, .patchable = true, .min = 1, .max = 4096},
        {.name = "normalized",
         .from = origin::server,
         .required = true,
         .changes = true,
         .summary = "The one way in which a value of its type is written. No two of a type have the same."},
        {.name = "status",
         .kind = enumeration,
         .patchable = true,
         .values = indicator_statuses,
         .initial = 0,
         .summary = "Only what is active is looked for."},
        {.name = "severity", .kind = enumeration, .patchable = true, .values = severities, .initial = 2},
        {.name = "confidence", .kind = real, .required = false, .patchable = true, .min = 0, .max = 100, .initial = 50},
        {.name = "description", .patchable = true, .max = 2000},
        {.name = "tags", .kind = text_list, .patchable = true, .max = 50, .item_max = 100, .items = "iocs_tags"},
        {.name = "source", .patchable = true, .min = 1, .max = 200},
        {.name = "references", .kind = text_list, .patchable = true, .max = 20, .item_max = 2048, .column = "refs"},
        {.name = "mitre_techniques",
         .kind = text_list,
         .patchable = true,
         .max = 200,
         .item_max = 20,
         .items = "iocs_techniques"},
        {.name = "threat_intel",
         .kind = object,
         .patchable = true,
         .max = 65'536,
         .summary = "What other tools know of it."},
        {.name = "first_seen", .kind = field_kind::time, .patchable = true},
        {.name = "last_seen", .kind = field_kind::time, .patchable = true},
        {.name = "expires_at",
         .kind = field_kind::time,
         .patchable = true,
         .summary = "If it is left out: after as many days as its type has. Null: never."},
        {.name = "hit_count", .kind = integer, .from = origin::server, .initial = 0},
        {.name = "feed_id", .from = origin::server, .max = 128},
        {.name = "external_id", .patchable = true, .max = 256},
        {.name = "imported_at", .kind = field_kind::time, .from = origin::server, .changes = true},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "type", .kind = enumeration, .column = "type", .values = indicator_kinds, .few = true},
        {.name = "severity", .kind = enumeration, .column = "severity", .values = severities, .few = true},
        {.name = "status", .kind = enumeration, .column = "status", .values = indicator_statuses, .few = true},
        {.name = "source", .column = "source", .few = true},
        {.name = "feed_id", .column = "feed_id", .few = true},
        {.name = "value", .column = "normalized", .summary = "In whatever way it is written."},
        {.name = "external_id", .column = "external_id"},
        {.name = "tag", .kind = item, .column = "iocs_tags"},
        {.name = "mitre_technique", .kind = item, .column = "iocs_techniques"},
        {.name = "alert_id", .kind = among, .column = "id IN (SELECT left_id FROM ioc_alerts WHERE right_id IN "},
        {.name = "min_confidence", .kind = number_from, .column = "+confidence"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of value and description."},
    };
}

}  // namespace

timestamp expiry_of(indicators::kind of, timestamp now) noexcept { return now + indicators::expiry_days(of) * day; }

std::vector<std::string> forms_of(std::string_view value) {
    std::vector<std::string> forms;
    for (const indicators::kind each : indicators::all_kinds) {
        auto made = indicators::normalize(each, value);
        auto* form = std::get_if<indicators::normalized>(&made);
        if (form != nullptr && std::find(forms.begin(), forms.end(), form->text) == forms.end())
            forms.push_back(std::move(form->text));
    }
    return forms;
}

const indicator_fields& ioc_at() {
    static const indicator_fields found = [] {
        const auto of = [](std::string_view name) { return iocs().position(name); };
        return indicator_fields{.id = of("id"),
                                .type = of("type"),
                                .value = of("value"),
                                .normalized = of("normalized"),
                                .status = of("status"),
                                .severity = of("severity"),
                                .confidence = of("confidence"),
                                .description = of("description"),
                                .tags = of("tags"),
                                .source = of("source"),
                                .references = of("references"),
                                .techniques = of("mitre_techniques"),
                                .first_seen = of("first_seen"),
                                .last_seen = of("last_seen"),
                                .expires_at = of("expires_at"),
                                .hit_count = of("hit_count"),
                                .feed_id = of("feed_id"),
                                .external_id = of("external_id"),
                                .imported_at = of("imported_at")};
    }();
    return found;
}

const resource& iocs() {
    static const resource instance({
        .name = "ioc",
        .plural = "iocs",
        .reads = permission::read_iocs,
        .writes = permission::write_iocs,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "last_seen", "severity", "confidence", "hit_count", "expires_at"},
        .text = {"value", "description"},
        .history = {"status", "severity"},
        .unique = {{.columns = "iocs.normalized, iocs.type", .field = "value", .detail = "is already known"}},
        .facets = {"type", "status", "severity", "source", "feed_id"},
        .hooks = {.derive = derive, .check = check},
    });
    return instance;
}

}  // namespace carrel::siem
