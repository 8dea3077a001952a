#include "siem/alert_merge.hpp"

#include "json/writer.hpp"
#include "resource/same_caller.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alert_status.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>

namespace carrel::siem {

namespace {

// The partial index of the migration names the places of both.
static_assert(static_cast<int>(alert_status::resolved) == 3 && static_cast<int>(alert_status::closed) == 7);

result<std::optional<std::string>> find_open(write_session& session, const std::string& fingerprint) {
    auto prepared = session.prepare(
        "SELECT id FROM alerts WHERE fingerprint = ? AND fingerprint IS NOT NULL AND status NOT IN (3, 7)");
    if (!prepared) return prepared.error();
    auto found = prepared->bind(fingerprint).step();
    if (!found) return found.error();
    if (!*found) return std::optional<std::string>();
    return std::optional<std::string>(prepared->text(0));
}

void add_note(std::string& note, const std::string& text) { note += (note.empty() ? "" : "; ") + text; }

// Adds the items of `more` that `held` lacks, as many as the field may have.
void merge_lists(const field& rules, value& held, const std::string& more, std::string& note) {
    const boost::json::value before = boost::json::parse(std::get<std::string>(held));
    const boost::json::value given = boost::json::parse(more);
    std::set<std::string_view> known;
    std::string list;
    json::writer out(list);
    out.begin_array();
    std::int64_t count = 0, added = 0, left_out = 0;
    for (const auto* source : {&before, &given})
        for (const auto& item : source->as_array()) {
            const std::string_view text(item.as_string().data(), item.as_string().size());
            const bool is_new = source == &given;
            if (!known.insert(text).second && is_new) continue;
            if (is_new && count >= rules.max) {
                ++left_out;
                continue;
            }
            out.string(text);
            ++count;
            added += is_new ? 1 : 0;
        }
    out.end_array();
    held = std::move(list);
    const std::string name(rules.name);
    if (added > 0) add_note(note, std::to_string(added) + " added to " + name);
    if (left_out > 0)
        add_note(note, std::to_string(left_out) + " not added to " + name + ", which holds at most " +
                           std::to_string(rules.max));
}

// What the open alert becomes; the note says what changed beside the count.
record merged(const resource& of, const record& open, const record& given, timestamp now, std::string& note) {
    record after = open;
    after.values[at().duplicate_count] = open.integer(at().duplicate_count) + 1;
    after.values[at().last_seen] = now;
    const std::int64_t was = open.integer(at().severity), is = given.integer(at().severity);
    if (is > was) {
        after.values[at().severity] = is;
        const auto name = [](std::int64_t rank) { return std::string(severities[static_cast<std::size_t>(rank)]); };
        add_note(note, "severity raised from " + name(was) + " to " + name(is));
    }
    for (const std::size_t list : {at().event_ids, at().tags})
        merge_lists(of.fields[list], after.values[list], *given.text(list), note);
    return after;
}

}  // namespace

result<bool> merge_into_open(const resource& of, write_session& session, const call& request, record& row,
                             reply& into) {
    const std::string* fingerprint = row.text(at().fingerprint);
    if (fingerprint == nullptr) return false;
    if (fingerprint->empty()) {
        row.values[at().fingerprint] = value();
        return false;
    }
    auto id = find_open(session, *fingerprint);
    if (!id) return id.error();
    if (!*id) return false;

    call about_open = by_same_caller(request);
    about_open.path[0] = **id;
    auto before = load(of, session, about_open, into);
    if (!before) return before.error();
    std::string note;
    record after = merged(of, *before, row, request.now, note);
    if (auto done = save(of, session, about_open, *before, std::move(after), note, into); !done) return done.error();
    return true;
}

}  // namespace carrel::siem
