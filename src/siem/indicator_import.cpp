#include "siem/indicator_import.hpp"

#include "base/uuid.hpp"
#include "indicators/normalize.hpp"
#include "json/writer.hpp"
#include "resource/references.hpp"
#include "siem/alert_status.hpp"

#include <algorithm>
#include <unordered_set>

namespace carrel::siem {

namespace {

constexpr std::size_t items_a_job = 500;
constexpr std::size_t tags_max = 50, references_max = 20;  // as the fields say

void reject(prepared_import& into, rejected_item why) {
    ++into.rejected;
    if (into.reasons.size() < prepared_import::reasons_max) into.reasons.push_back(std::move(why));
}

// Those of a list, and those of another that are not among them, as far as there is room.
std::vector<std::string> joined(std::vector<std::string> list, const std::vector<std::string>& more, std::size_t most) {
    for (const std::string& each : more)
        if (list.size() < most && std::find(list.begin(), list.end(), each) == list.end()) list.push_back(each);
    return list;
}

std::int64_t severity_place(std::string_view name, std::int64_t otherwise) {
    // Feeds say `info`.
    return index_of(severities, name == "info" ? "informational" : name).value_or(otherwise);
}

value text_or_null(const std::string& text) { return text.empty() ? value() : value(text); }
value time_or_null(const std::optional<timestamp>& at) { return at ? value(*at) : value(); }
value text_or_null(const std::optional<std::string>& text) { return text ? value(*text) : value(); }

// What an item says about an indicator, known or not.
class merger {
public:
    merger(const call& request, const import_defaults& defaults)
        : request_(request),
          defaults_(defaults) {
        given_members given(iocs().fields.size());
        given[at_.type].emplace(std::int64_t{0});
        given[at_.value].emplace(std::string("192.0.2.1"));
        make_record(iocs(), request, std::move(given), blank_);
    }

    record made_of(const prepared_indicator& item, std::string id) const {
        record row = blank_;
        const indicators::candidate& from = item.from;
        row.values[at_.id] = std::move(id);
        row.values[at_.type] = static_cast<std::int64_t>(item.of);
        row.values[at_.value] = from.value;
        row.values[at_.normalized] = item.normalized;
        row.values[at_.status] = defaults_.status;
        row.values[at_.severity] = severity_place(from.severity, defaults_.severity);
        row.values[at_.confidence] = from.confidence.value_or(defaults_.confidence);
        row.values[at_.description] = text_or_null(from.description);
        row.values[at_.tags] = list_text(joined(joined({}, from.tags, tags_max), defaults_.tags, tags_max));
        row.values[at_.references] = list_text(joined({}, from.references, references_max));
        row.values[at_.source] = text_or_null(defaults_.source);
        row.values[at_.first_seen] = time_or_null(from.first_seen);
        row.values[at_.last_seen] = time_or_null(from.last_seen);
        row.values[at_.expires_at] = from.valid_until.value_or(expiry_of(item.of, request_.now));
        row.values[at_.feed_id] = text_or_null(defaults_.feed_id);
        row.values[at_.external_id] = text_or_null(from.external_id);
        row.values[at_.imported_at] = request_.now;
        return row;
    }

    // What the item says goes before what was known; people's words, and what other feeds said, stay.
    record merged(const record& known, const prepared_indicator& item) const {
        record row = known;
        const indicators::candidate& from = item.from;
        if (!from.severity.empty()) row.values[at_.severity] = severity_place(from.severity, defaults_.severity);
        if (from.confidence) row.values[at_.confidence] = *from.confidence;
        if (!from.description.empty()) row.values[at_.description] = from.description;
        add_items(row.values[at_.tags], joined(from.tags, defaults_.tags, tags_max), tags_max);
        add_items(row.values[at_.references], from.references, references_max);
        widen(row, from);
        for (const auto& [field, text] : {std::pair(at_.source, defaults_.source), {at_.feed_id, defaults_.feed_id}})
            if (text && !row.has(field)) row.values[field] = *text;
        if (!from.external_id.empty() && !row.has(at_.external_id)) row.values[at_.external_id] = from.external_id;
        prolong(row, item);
        if (row.values != known.values) row.values[at_.imported_at] = request_.now;
        return row;
    }

private:
    static void add_items(value& into, const std::vector<std::string>& more, std::size_t most) {
        if (more.empty()) return;
        const std::vector<std::string> known = items_of(into);
        std::vector<std::string> all = joined(known, more, most);
        if (all.size() != known.size()) into = list_text(all);
    }
    void widen(record& row, const indicators::candidate& from) const {
        const bool has_first = row.has(at_.first_seen), has_last = row.has(at_.last_seen);
        if (from.first_seen && (!has_first || *from.first_seen < row.integer(at_.first_seen)))
            row.values[at_.first_seen] = *from.first_seen;
        if (from.last_seen && (!has_last || *from.last_seen > row.integer(at_.last_seen)))
            row.values[at_.last_seen] = *from.last_seen;
    }
    // One that was archived when its time had come, and is reported again, is active again.
    void prolong(record& row, const prepared_indicator& item) const {
        const bool has_expired = row.has(at_.expires_at) && row.integer(at_.expires_at) <= request_.now;
        if (item.from.valid_until) row.values[at_.expires_at] = *item.from.valid_until;
        const bool is_archived = row.integer(at_.status) == static_cast<std::int64_t>(indicator_status::archived);
        if (!is_archived || !has_expired) return;
        if (!item.from.valid_until) row.values[at_.expires_at] = expiry_of(item.of, request_.now);
        if (row.integer(at_.expires_at) > request_.now)
            row.values[at_.status] = static_cast<std::int64_t>(indicator_status::active);
    }

    const indicator_fields& at_ = ioc_at();
    const call& request_;
    const import_defaults& defaults_;
    record blank_;
};

result<std::optional<record>> known_one(read_session& session, const prepared_indicator& item) {
    auto id = session.first<std::string>(read_sql("SELECT id FROM iocs WHERE normalized = ? AND type = ?"),
                                         item.normalized, static_cast<std::int64_t>(item.of));
    if (!id) return id.error();
    if (!*id) return std::optional<record>();
    return find(iocs(), session, **id);
}

result<void> store_one(write_session& session, const call& request, const merger& by, const prepared_indicator& item,
                       uuid_generator& fresh, import_totals& totals) {
    auto known = known_one(session, item);
    if (!known) return known.error();
    reply ignored;
    if (!*known) {
        record row = by.made_of(item, fresh());
        ++totals.created;
        return add(iocs(), session, request, row, ignored);
    }
    record after = by.merged(**known, item);
    ++(after.values == (*known)->values ? totals.unchanged : totals.updated);
    return save(iocs(), session, request, **known, std::move(after), "imported", ignored);
}

}  // namespace

result<prepared_import> prepare_import(indicators::reading read, import_defaults defaults,
                                       const std::function<result<void>()>& going) {
    prepared_import made;
    made.defaults = std::move(defaults);
    for (indicators::item_fault& each : read.faults)
        reject(made, {each.line, std::move(each.path), std::move(each.detail)});
    made.rejected += static_cast<std::int64_t>(read.faults_left_out);
    std::unordered_set<std::string> known;
    for (std::size_t i = 0; i < read.candidates.size(); ++i) {
        if (i % 1024 == 0)
            if (auto on = going(); !on) return on.error();
        indicators::candidate& one = read.candidates[i];
        auto kind = one.of ? one.of : made.defaults.of;
        if (!kind) kind = indicators::guess_kind(one.value);
        if (!kind) {
            reject(made, {one.line, std::move(one.path), "is of no kind that could be guessed"});
            continue;
        }
        auto form = indicators::normalize(*kind, one.value);
        if (const auto* why = std::get_if<indicators::refusal>(&form)) {
            reject(made, {one.line, std::move(one.path), why->reason});
            continue;
        }
        std::string& text = std::get<indicators::normalized>(form).text;
        if (!known.insert(std::to_string(static_cast<int>(*kind)) + ' ' + text).second) {
            ++made.repeated;
            continue;
        }
        made.items.push_back({*kind, std::move(text), std::move(one)});
    }
    return made;
}

result<void> store_import(write_session& session, const call& request, const prepared_import& all, std::size_t& at,
                          import_totals& totals) {
    const merger by(request, all.defaults);
    uuid_generator fresh;
    const std::size_t end = std::min(all.items.size(), at + items_a_job);
    while (at < end) {
        if (auto done = store_one(session, request, by, all.items[at], fresh, totals); !done) return done;
        ++at;
        if (session.should_yield()) return {};
    }
    return {};
}

result<import_totals> try_import(read_session& session, const call& request, const prepared_import& all) {
    const merger by(request, all.defaults);
    import_totals totals;
    for (const prepared_indicator& each : all.items) {
        auto known = known_one(session, each);
        if (!known) return known.error();
        if (!*known) ++totals.created;
        else ++(by.merged(**known, each).values == (*known)->values ? totals.unchanged : totals.updated);
    }
    return totals;
}

}  // namespace carrel::siem
