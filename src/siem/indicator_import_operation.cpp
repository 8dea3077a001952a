#include "indicators/formats.hpp"
#include "json/writer.hpp"
#include "resource/checked_apart.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/alert_status.hpp"
#include "siem/indicator_import.hpp"

#include <algorithm>
#include <charconv>

// POST /iocs/import: a feed of whatever format becomes indicators. A reader parses and normalizes all of it; the writer stores
// it in jobs of bounded length, between which others have their turn.
namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 5> formats = {"list", "csv", "stix", "misp", "json"};
enum class format : std::size_t { list, csv, stix, misp, json };

struct import_input : input {
    std::optional<siem::format> given_format;
    import_defaults defaults;
    indicators::csv_options csv;
    std::string items;
    bool to_ids_only = true, dry_run = false;
};

/// How far the storing has come.
struct import_step : input {
    std::shared_ptr<const prepared_import> all;
    std::size_t at = 0;
    import_totals totals;
    bool is_done = false;  // nothing is to be stored
};

// -- the query ---

class option_reader {
public:
    option_reader(const query_pairs& query, import_input& into)
        : query_(query),
          into_(into) {}

    std::vector<fault> read() {
        for (const auto& [name, text] : query_) {
            if (name == "tag") read_tag(text);
            else read_one(name, text);
        }
        return std::move(faults_);
    }

private:
    void at_fault(std::string_view name, std::string detail) {
        faults_.push_back({std::string(name), 0, std::move(detail)});
    }

    template <class Names>
    std::optional<std::int64_t> place(std::string_view name, const Names& names, std::string_view text) {
        const auto found = index_of(names, text);
        if (!found) at_fault(name, "must be one of " + list_of(names));
        return found;
    }
    void read_tag(const std::string& text) {
        if (text.empty() || text.size() > 100) at_fault("tag", "must have 1 to 100 bytes");
        else if (into_.defaults.tags.size() == 50) at_fault("tag", "is given more than 50 times");
        else into_.defaults.tags.push_back(text);
    }
    bool truth(std::string_view name, std::string_view text) {
        if (text != "true" && text != "false") at_fault(name, "must be true or false");
        return text == "true";
    }
    void read_one(std::string_view name, const std::string& text) {
        if (name == "format") {
            if (const auto found = place(name, formats, text)) into_.given_format = static_cast<siem::format>(*found);
        } else if (name == "type") {
            if (const auto found = place(name, indicator_kinds, text))
                into_.defaults.of = static_cast<indicators::kind>(*found);
        } else if (name == "status") {
            into_.defaults.status = place(name, indicator_statuses, text).value_or(0);
        } else if (name == "severity") {
            into_.defaults.severity = place(name, severities, text).value_or(0);
        } else if (name == "confidence") {
            read_confidence(text);
        } else if (name == "source") {
            if (text.empty() || text.size() > 200) at_fault(name, "must have 1 to 200 bytes");
            into_.defaults.source = text;
        } else if (name == "dry_run") {
            into_.dry_run = truth(name, text);
        } else if (name == "to_ids_only") {
            into_.to_ids_only = truth(name, text);
        } else if (name == "header") {
            into_.csv.has_header = truth(name, text);
        } else if (name == "items") {
            into_.items = text;
        } else if (name == "delimiter") {
            if (text.size() != 1) at_fault(name, "must be one character");
            else into_.csv.delimiter = text.front();
        } else {
            read_column(name, text);
        }
    }
    void read_confidence(std::string_view text) {
        double number = -1;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
        if (!whole || !(number >= 0 && number <= 100)) return at_fault("confidence", "must be a number from 0 to 100");
        into_.defaults.confidence = number;
    }
    // By its number, from 0, or by its name in the header.
    void read_column(std::string_view name, const std::string& text) {
        for (const auto& [column, member] : columns) {
            if (name != column) continue;
            indicators::column& into = into_.csv.*member;
            into = {};
            const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into.number);
            if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && into.number >= 0) return;
            into.number = -1;
            into.name = text;
            if (text.empty()) at_fault(name, "must be a number from 0 or a name of the header");
        }
    }

public:
    static constexpr std::pair<std::string_view, indicators::column indicators::csv_options::*> columns[] = {
        {"value_column", &indicators::csv_options::value},
        {"type_column", &indicators::csv_options::type},
        {"severity_column", &indicators::csv_options::severity},
        {"confidence_column", &indicators::csv_options::confidence},
        {"tags_column", &indicators::csv_options::tags},
        {"description_column", &indicators::csv_options::description},
        {"external_id_column", &indicators::csv_options::external_id},
        {"first_seen_column", &indicators::csv_options::first_seen},
        {"last_seen_column", &indicators::csv_options::last_seen},
        {"valid_until_column", &indicators::csv_options::valid_until},
        {"references_column", &indicators::csv_options::references},
    };

private:
    const query_pairs& query_;
    import_input& into_;
    std::vector<fault> faults_;
};

std::optional<problem> check_import(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<import_input>();
    query_pairs once = request.query;
    std::erase_if(once, [](const auto& each) { return each.first == "tag"; });
    std::vector<fault> faults = refuse_repeats(once);
    for (fault& wrong : option_reader(request.query, *parsed).read()) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    if (request.file.empty()) return problem_of(problem_code::invalid, "", "the body is empty");
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// -- the reader's part ---

format guess_format(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    const std::string_view rest = text.substr(begin), head = rest.substr(0, 4096);
    if (head.starts_with('{') || head.starts_with('[')) {
        for (const std::string_view sign : {"\"spec_version\"", "\"bundle\"", "\"pattern_type\"", "indicator--"})
            if (head.find(sign) != head.npos) return format::stix;
        for (const std::string_view sign : {"\"Event\"", "\"Attribute\"", "\"to_ids\""})
            if (head.find(sign) != head.npos) return format::misp;
        return format::json;
    }
    for (std::string_view left = head; !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
        if (line.empty() || line.front() == '#' || line.front() == ';' || line == "\r") continue;
        return line.find(',') != line.npos ? format::csv : format::list;
    }
    return format::list;
}

indicators::reading read_feed(const import_input& wanted, std::string_view text) {
    indicators::read_limits within;
    within.items_max = prepared_import::items_max;
    switch (wanted.given_format.value_or(guess_format(text))) {
        case format::csv: {
            indicators::csv_options options = wanted.csv;
            options.of = wanted.defaults.of;
            return indicators::read_csv(text, options, within);
        }
        case format::stix: return indicators::read_stix(text, within);
        case format::misp: return indicators::read_misp(text, {.to_ids_only = wanted.to_ids_only}, within);
        case format::json: {
            indicators::json_options options;
            options.items = wanted.items;
            options.of = wanted.defaults.of;
            return indicators::read_json(text, options, within);
        }
        case format::list: break;
    }
    indicators::list_options options;
    options.of = wanted.defaults.of;
    return indicators::read_list(text, options, within);
}

result<void> read_import(const operation& what, read_session& session, const call& request, reply& into) {
    if (auto allowed = expect_parsing(session, what, request.file.size()); !allowed) return allowed;
    const auto& wanted = static_cast<const import_input&>(*request.parsed);
    into.clear();
    indicators::reading read = read_feed(wanted, request.file);
    if (!read.refused.empty()) return refuse(into, problem_of(problem_code::invalid, "", "the feed " + read.refused));
    auto made = prepare_import(std::move(read), wanted.defaults, [&] { return session.check_interrupt(); });
    if (!made) return made.error();
    auto step = std::make_unique<import_step>();
    step->all = std::make_shared<const prepared_import>(std::move(*made));
    if (wanted.dry_run) {
        auto totals = try_import(session, request, *step->all);
        if (!totals) return totals.error();
        step->totals = *totals;
        step->is_done = true;
    }
    into.rest = std::move(step);
    return {};
}

// -- the writer's part ---

void write_totals(const prepared_import& all, const import_totals& totals, std::string& body) {
    json::writer out(body);
    out.begin_object().key("created").integer(totals.created).key("updated").integer(totals.updated);
    out.key("unchanged").integer(totals.unchanged).key("repeated").integer(all.repeated);
    out.key("rejected").integer(all.rejected).key("errors").begin_array();
    for (const rejected_item& each : all.reasons) {
        out.begin_object();
        if (each.line > 0) out.key("line").integer(static_cast<std::int64_t>(each.line));
        else if (!each.path.empty()) out.key("path").string(each.path);
        out.key("detail").string(each.detail).end_object();
    }
    out.end_array().end_object();
}

// With an idempotency key the outcome is kept in one transaction with all that led to it.
result<void> store(const operation&, write_session& session, const call& request, reply& into) {
    const auto& from = static_cast<const import_step&>(*request.parsed);
    into.clear();
    auto next = std::make_unique<import_step>();
    next->all = from.all;
    next->at = from.at;
    next->totals = from.totals;
    const std::size_t count = from.is_done ? 0 : from.all->items.size();
    do {
        if (next->at >= count) break;
        if (auto done = store_import(session, request, *next->all, next->at, next->totals); !done) return done;
    } while (request.idempotency);
    if (next->at < count) {
        into.rest = std::move(next);
        return {};
    }
    write_totals(*next->all, next->totals, into.body);
    return {};
}

constexpr std::string_view reply_schema =
    R"({"type":"object","required":["created","updated","unchanged","repeated","rejected","errors"],"properties":{)"
    R"("created":{"type":"integer"},"updated":{"type":"integer"},"unchanged":{"type":"integer"},)"
    R"("repeated":{"type":"integer"},"rejected":{"type":"integer"},"errors":{"type":"array","items":{"type":"object",)"
    R"("required":["detail"],"properties":{"line":{"type":"integer"},"path":{"type":"string"},)"
    R"("detail":{"type":"string"}}}}}})";

constexpr std::string_view text_schema = R"({"type":"string"})", truth_schema = R"({"type":"boolean"})";

std::string_view names_schema(std::span<const std::string_view> names) {
    std::string schema;
    json::writer out(schema);
    out.begin_object().key("type").string("string").key("enum").begin_array();
    for (const std::string_view each : names) out.string(each);
    out.end_array().end_object();
    return kept(std::move(schema));
}

std::vector<field_doc> parameters() {
    std::vector<field_doc> all = {
        {"format", names_schema(formats), false, "If it is left out: what the body looks like."},
        {"type", names_schema(indicator_kinds), false, "Of items that do not say it; else it is guessed."},
        {"status", names_schema(indicator_statuses), false, "Of new ones."},
        {"severity", names_schema(severities), false, "Of new ones that do not say it."},
        {"confidence", R"({"type":"number","minimum":0,"maximum":100})", false, "Of new ones that do not say it."},
        {"source", text_schema, false, "Where they come from."},
        {"tag", R"({"type":"array","items":{"type":"string"}})", false, "A tag that all get; may be repeated."},
        {"dry_run", truth_schema, false, "Tells what would happen; nothing is stored."},
        {"to_ids_only", truth_schema, false, "MISP: only attributes that are meant for detection; true by default."},
        {"items", text_schema, false, "JSON: the path of the list within the document."},
        {"header", truth_schema, false, "CSV: the first record names the columns."},
        {"delimiter", R"({"type":"string","minLength":1,"maxLength":1})", false, "CSV: between fields; a comma."},
    };
    for (const auto& [name, member] : option_reader::columns)
        all.push_back({name, text_schema, false, "CSV: the column, by its number from 0 or its name in the header."});
    return all;
}

}  // namespace

std::vector<operation> indicator_import_operations() {
    operation made = make_operation(iocs(), method::post, "/import", "import_iocs",
                                    "Takes indicators from a list, CSV, STIX, MISP or JSON.");
    made.body = body_kind::file;
    made.is_about_version = false;
    made.parameters = parameters();
    made.reply_schema = reply_schema;
    made.check = check_import;
    made.read = read_import;
    made.write = store;
    return {std::move(made)};
}

}  // namespace carrel::siem
