#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/alert_status.hpp"
#include "siem/cases/investigations.hpp"

#include <array>
#include <limits>

// GET /investigations/{id}/timeline: what happened, from several tables, in one order. Each source is a range of an index that
// is in this order already, so a page reads its own rows and one more of each source.
namespace carrel::siem {

namespace {

void write_text(json::writer& out, std::string_view key, const statement& row, int column) {
    out.key(key);
    if (const auto text = row.optional_text(column)) out.string(*text);
    else out.null();
}

template <std::size_t N>
void write_name(json::writer& out, std::string_view key, const std::array<std::string_view, N>& names,
                const statement& row, int column) {
    out.key(key).string(names.at(static_cast<std::size_t>(row.integer(column))));
}

/// Rows that belong to an investigation by `owner`, with a time and a key by which those of one time are in order. What `columns`
/// are is written behind them, from column 2 on.
struct timeline_source {
    std::string_view type, table, columns, owner, at, key;
    bool is_owned_by_row;  // by `seq`, not by id
    bool has_numbers;      // as keys
    void (*write)(json::writer&, const statement&);

    value least_key() const { return has_numbers ? value(std::int64_t{0}) : value(std::string()); }
    std::string sql(bool descending) const {
        const std::string place = std::string(at).append(", ").append(key), way = descending ? " DESC" : "";
        return "SELECT " + place + ", " + std::string(columns) + " FROM " + std::string(table) + " WHERE " +
               std::string(owner) + " = ? AND (" + place + ")" + (descending ? " < " : " > ") + "(?, ?) ORDER BY " +
               std::string(at) + way + ", " + std::string(key) + way + " LIMIT ?";
    }
};

// Of one time they come in this order. Whatever else belongs to investigations adds a source here.
constexpr timeline_source sources[] = {
    {"event", "investigation_events", "event, (SELECT id FROM alerts WHERE seq = alert)", "investigation", "at", "seq",
     true, true,
     [](json::writer& out, const statement& row) {
         write_text(out, "id", row, 2);
         write_text(out, "alert_id", row, 3);
     }},
    {"alert", "alerts", "title, severity, status", "investigation_id", "created_at", "id", false, false,
     [](json::writer& out, const statement& row) {
         write_text(out, "id", row, 1);
         write_text(out, "title", row, 2);
         write_name(out, "severity", severities, row, 3);
         write_name(out, "status", alert_statuses, row, 4);
     }},
    {"transition", "history INDEXED BY history_of_investigations", "from_value, to_value, changed_by, note",
     "resource = 'investigations' AND field = 'status' AND row", "at", "seq", true, true,
     [](json::writer& out, const statement& row) {
         write_text(out, "from", row, 2);
         write_text(out, "to", row, 3);
         write_text(out, "by", row, 4);
         write_text(out, "note", row, 5);
     }},
    {"note", "investigation_notes", "author, content", "investigation_id", "created_at", "id", false, false,
     [](json::writer& out, const statement& row) {
         write_text(out, "id", row, 1);
         write_text(out, "author", row, 2);
         write_text(out, "content", row, 3);
     }},
    {"evidence", "evidence", "file_name, media_type, size, uploaded_by", "investigation_id", "created_at", "id", false,
     false,
     [](json::writer& out, const statement& row) {
         write_text(out, "id", row, 1);
         write_text(out, "file_name", row, 2);
         write_text(out, "media_type", row, 3);
         out.key("size").integer(row.integer(4));
         write_text(out, "by", row, 5);
     }},
};
constexpr std::size_t source_count = std::size(sources);
constexpr auto types = [] {
    std::array<std::string_view, source_count> names;
    for (std::size_t i = 0; i < source_count; ++i) names[i] = sources[i].type;
    return names;
}();

/// Where a page ended: the last entry's time, source and key.
struct position {
    timestamp at = 0;
    std::size_t source = 0;
    value key;
};

struct timeline_input : input {
    std::int64_t limit = 100;
    bool descending = true;
    std::array<bool, source_count> wanted{};
    std::optional<position> after;
    std::string binding;
};

std::string encode(const position& last, const std::string& binding) {
    const auto* number = std::get_if<std::int64_t>(&last.key);
    const std::string key = number != nullptr ? std::to_string(*number) : std::get<std::string>(last.key);
    return encode_cursor({last.at, std::to_string(last.source) + ":" + key}, binding);
}

// What `encode` made: nothing else gets through the cursor's mark.
std::optional<position> decode(std::string_view text, const std::string& binding) {
    const auto held = decode_cursor(text, binding);
    if (!held) return std::nullopt;
    const auto colon = held->id.find(':');
    position made{std::get<std::int64_t>(held->sort), std::stoul(held->id.substr(0, colon)), {}};
    const std::string key = held->id.substr(colon + 1);
    if (sources[made.source].has_numbers) made.key = static_cast<std::int64_t>(std::stoll(key));
    else made.key = key;
    return made;
}

void read_types(const query_pairs& query, timeline_input& into, std::vector<fault>& faults) {
    bool any = false;
    for (const auto& [name, text] : query) {
        if (name != "type") continue;
        any = true;
        const auto found = index_of(types, text);
        if (found) into.wanted[static_cast<std::size_t>(*found)] = true;
        else faults.push_back({"type", 0, "must be one of " + list_of(types)});
    }
    if (!any) into.wanted.fill(true);
}

std::optional<problem> check_timeline(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<timeline_input>();
    query_pairs once = request.query;
    std::erase_if(once, [](const auto& each) { return each.first == "type"; });
    std::vector<fault> faults = refuse_repeats(once);
    read_types(request.query, *parsed, faults);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    const auto sort = parameter(request.query, "sort").value_or("-at");
    if (sort != "at" && sort != "-at") faults.push_back({"sort", 0, "must be at or -at"});
    parsed->descending = sort == "-at";
    parsed->binding = what.path + "\n" + request.path[0] + "\n" + std::string(sort);
    for (const bool each : parsed->wanted) parsed->binding += each ? '1' : '0';
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        parsed->after = decode(*cursor, parsed->binding);
        if (!parsed->after) faults.push_back({"cursor", 0, "is not a cursor of this timeline"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// What the place of each row of a source is compared with, so that a page begins behind the last.
std::pair<timestamp, value> bound_of(std::size_t source, const timeline_input& input) {
    const value least = sources[source].least_key();
    if (!input.after) {
        constexpr auto first = std::numeric_limits<timestamp>::min(), last = std::numeric_limits<timestamp>::max();
        return {input.descending ? last : first, least};
    }
    const position& at = *input.after;
    if (source == at.source) return {at.at, at.key};
    // Sources before the last entry's have no more of its time if the order ascends, and all of it if it descends.
    return {source < at.source ? at.at + 1 : at.at, least};
}

/// Several ordered selects as one.
class merged_sources {
public:
    static result<merged_sources> open(read_session& session, const record& of, const timeline_input& input) {
        merged_sources made(input);
        for (std::size_t i = 0; i < source_count; ++i) {
            if (!input.wanted[i]) continue;
            auto rows = session.prepare(read_sql::dynamic(sources[i].sql(input.descending)));
            if (!rows) return rows.error();
            const auto [at, key] = bound_of(i, input);
            if (sources[i].is_owned_by_row) rows->bind(of.row, at, value(key), input.limit + 1);
            else rows->bind(*of.text(investigations().id), at, value(key), input.limit + 1);
            made.heads_.push_back({i, std::move(*rows), true});
            if (auto done = made.heads_.back().step(); !done) return done.error();
        }
        return made;
    }

    /// The next entry; null behind the last.
    result<void> next() {
        if (best_ != nullptr)
            if (auto done = best_->step(); !done) return done;
        best_ = nullptr;
        for (head& each : heads_)
            if (each.has_row && (best_ == nullptr || comes_first(each, *best_))) best_ = &each;
        return {};
    }
    bool has_entry() const noexcept { return best_ != nullptr; }
    position place() const {
        position made{best_->rows.integer(0), best_->source, {}};
        if (sources[best_->source].has_numbers) made.key = best_->rows.integer(1);
        else made.key = std::string(best_->rows.text(1));
        return made;
    }
    void write(json::writer& out) const {
        const timeline_source& of = sources[best_->source];
        out.begin_object().key("type").string(of.type).key("at").string(format_time(best_->rows.integer(0)));
        of.write(out, best_->rows);
        out.end_object();
    }

private:
    struct head {
        std::size_t source;
        statement rows;
        bool has_row;

        result<void> step() {
            auto more = rows.step();
            if (!more) return more.error();
            has_row = *more;
            return {};
        }
    };

    explicit merged_sources(const timeline_input& input)
        : descending_(input.descending) {
        heads_.reserve(source_count);
    }
    bool comes_first(const head& one, const head& other) const {
        const auto a = std::pair(one.rows.integer(0), one.source), b = std::pair(other.rows.integer(0), other.source);
        return descending_ ? a > b : a < b;
    }

    bool descending_;
    std::vector<head> heads_;
    head* best_ = nullptr;
};

result<void> timeline(const operation&, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const timeline_input&>(*request.parsed);
    into.clear();
    auto of = load(investigations(), session, request, into);
    if (!of) return of.error();
    auto entries = merged_sources::open(session, *of, input);
    if (!entries) return entries.error();
    json::writer out(into.body);
    out.begin_object().key("investigation_id").string(request.path[0]).key("items").begin_array();
    std::optional<position> last;  // of a page that is full
    for (std::int64_t written = 1;; ++written) {
        if (auto done = entries->next(); !done) return done;
        if (!entries->has_entry()) last.reset();
        if (!entries->has_entry() || last) break;
        entries->write(out);
        if (written == input.limit || into.body.size() >= page_bytes_max) last = entries->place();
    }
    out.end_array().key("next");
    if (last) out.string(encode(*last, input.binding));
    else out.null();
    out.end_object();
    return {};
}

constexpr std::string_view reply_schema =
    R"({"type":"object","required":["investigation_id","items","next"],"properties":{)"
    R"("investigation_id":{"type":"string"},"next":{"type":["string","null"]},"items":{"type":"array","items":{)"
    R"("type":"object","required":["type","at"],"properties":{"type":{"type":"string"},)"
    R"("at":{"type":"string","format":"date-time"},"id":{"type":"string"}}}}}})";

}  // namespace

operation investigation_timeline_operation() {
    operation made =
        make_operation(investigations(), method::get, "/{id}/timeline", "get_investigation_timeline",
                       "Lists alerts, events, transitions and notes of an investigation by time, in pages.");
    made.parameters = {
        {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":100})", false, "How many entries at most."},
        {"cursor", R"({"type":"string"})", false, "The `next` of the page before."},
        {"sort", R"({"type":"string","enum":["at","-at"],"default":"-at"})", false, "Oldest or newest first."},
        {"type", kept(schema_of({.name = "type", .kind = field_kind::enumeration, .required = true, .values = types})),
         false, "Only those; may be repeated."},
    };
    made.reply_schema = reply_schema;
    made.check = check_timeline;
    made.read = timeline;
    return made;
}

}  // namespace carrel::siem
