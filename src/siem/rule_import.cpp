#include "archive/read.hpp"
#include "archive/sniff.hpp"
#include "base/sha256.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/rule_operations.hpp"
#include "siem/rules.hpp"
#include "sigma/documents.hpp"

#include <algorithm>
#include <set>

// POST /rules/import: a text of Sigma documents or an archive of such texts becomes rules. A reader parses all of it, so that
// neither a shard nor the writer waits for YAML; the writer then compares and stores in one transaction.
namespace carrel::siem {

namespace {

constexpr std::size_t errors_max = 100;
constexpr std::size_t rules_max = 50'000;

struct import_error {
    std::string file;
    std::int64_t line = 0;
    std::string detail;
};

struct imported_rules : input {
    std::vector<record> rows;
    std::int64_t rejected = 0;
    std::vector<import_error> errors;  // the first
    bool dry_run = false;
};

struct import_input : input {
    bool dry_run = false;
};

// Rules without an id get the same one each time.
std::string id_of(const sigma::rule& from, std::string_view text) {
    if (!from.id.empty()) return from.id;
    return "sigma-" + base::sha256_hex(from.title.empty() ? text : std::string_view(from.title)).substr(0, 32);
}

class importer {
public:
    importer(const call& request, imported_rules& into)
        : request_(request),
          into_(into) {}

    void take_text(std::string_view file, std::string_view text) {
        const auto read = sigma::parse_documents(text);
        if (const auto* wrong = std::get_if<sigma::faults>(&read)) return reject(file, *wrong, 1);
        for (const sigma::document& each : std::get<std::vector<sigma::document>>(read)) take_document(file, each);
    }
    void reject(std::string_view file, std::int64_t line, std::string detail) {
        ++into_.rejected;
        if (into_.errors.size() < errors_max) into_.errors.push_back({std::string(file), line, std::move(detail)});
    }

private:
    void reject(std::string_view file, const sigma::faults& wrong, std::size_t first_line) {
        const sigma::fault& first = wrong.front();
        reject(file, static_cast<std::int64_t>(first_line + first.line - 1),
               first.detail + " (column " + std::to_string(first.column) + ")" +
                   (wrong.size() > 1 ? " (and " + std::to_string(wrong.size() - 1) + " more)" : ""));
    }

    void take_document(std::string_view file, const sigma::document& text) {
        const auto read = sigma::parse_rule(text.text);
        if (const auto* wrong = std::get_if<sigma::faults>(&read)) return reject(file, *wrong, text.line);
        const auto& rule = std::get<sigma::rule>(read);
        given_members given(rules().fields.size());
        given[rule_at().id] = id_of(rule, text.text);
        take_from_sigma(rule, text.text, given);
        const auto line = static_cast<std::int64_t>(text.line);
        const std::string& id = std::get<std::string>(*given[rule_at().id]);
        if (!known_.insert(id).second) return reject(file, line, "the id " + id + " comes twice");
        record row;
        // What the document says is as it is: only a client's own members are checked against their bounds.
        std::vector<fault> faults = check_bounds(given);
        if (faults.empty()) faults = make_record(rules(), request_, std::move(given), row);
        if (!faults.empty()) return reject(file, line, "`" + faults.front().field + "` " + faults.front().detail);
        into_.rows.push_back(std::move(row));
    }

    static std::vector<fault> check_bounds(const given_members& given) {
        std::vector<fault> faults;
        for (std::size_t i = 0; i < given.size(); ++i) {
            const field& rules_of = rules().fields[i];
            const auto* text = given[i] ? std::get_if<std::string>(&*given[i]) : nullptr;
            if (text == nullptr || rules_of.kind != field_kind::text || rules_of.max == 0) continue;
            value ignored;
            if (auto wrong = read_field(rules_of, boost::json::value(boost::json::string(*text)), ignored))
                faults.push_back(std::move(*wrong));
        }
        return faults;
    }

    const call& request_;
    imported_rules& into_;
    std::set<std::string, std::less<>> known_;
};

bool is_rule_file(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

std::optional<problem> check_import(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<import_input>();
    for (const auto& [name, text] : request.query) {
        if (text != "true" && text != "false")
            return problem_of(problem_code::bad_request, name, "must be true or false");
        parsed->dry_run = text == "true";
    }
    if (request.file.empty()) return problem_of(problem_code::invalid, "", "the body is empty");
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> read_import(const operation&, read_session& session, const call& request, reply& into) {
    auto made = std::make_unique<imported_rules>();
    made->dry_run = static_cast<const import_input&>(*request.parsed).dry_run;
    importer import(request, *made);
    const auto kind = archive::sniff(request.file);
    if (kind == archive::kind::text) {
        import.take_text("", request.file);
    } else {
        result<void> going;
        const auto read = archive::read_all(request.file, {});
        if (!read) return refuse(into, problem_of(problem_code::invalid, "", read.error().text));
        for (const archive::file& each : *read) {
            if (auto on = session.check_interrupt(); !on) return on;
            if (is_rule_file(each.name)) import.take_text(each.name, each.bytes);
        }
        if (made->rows.empty() && made->rejected == 0)
            return refuse(into, problem_of(problem_code::invalid, "", "there is no .yml or .yaml file in the archive"));
    }
    if (made->rows.size() > rules_max)
        return refuse(into, {problem_code::too_large, "more than " + std::to_string(rules_max) + " rules", {}});
    into.rest = std::move(made);
    return {};
}

struct import_counts {
    std::int64_t created = 0, updated = 0, unchanged = 0;
};

// What an import says of a rule; the rest stays as people have set it.
void take_over(const record& from, record& into) {
    const rule_fields& at = rule_at();
    for (const std::size_t each : {at.name, at.type, at.description, at.severity, at.author, at.tags, at.references,
                                   at.false_positives, at.tactics, at.techniques, at.category, at.product, at.service,
                                   at.sigma_yaml, at.query, at.tree, at.document})
        into.values[each] = from.values[each];
}

result<void> store(write_session& session, const call& request, const imported_rules& all, import_counts& counts,
                   reply& into) {
    for (const record& each : all.rows) {
        auto known = find(rules(), session, *each.text(rule_at().id));
        if (!known) return known.error();
        if (!*known) {
            record row = each;
            if (auto done = add(rules(), session, request, row, into); !done) return done;
            ++counts.created;
        } else if ((*known)->values[rule_at().sigma_yaml] == each.values[rule_at().sigma_yaml]) {
            ++counts.unchanged;
        } else {
            record after = **known;
            take_over(each, after);
            reply ignored;
            if (auto done = save(rules(), session, request, **known, std::move(after), "imported", ignored); !done)
                return done;
            ++counts.updated;
        }
    }
    return {};
}

void write_errors(json::writer& out, const std::vector<import_error>& errors) {
    out.key("errors").begin_array();
    for (const import_error& each : errors) {
        out.begin_object().key("file").string(each.file);
        if (each.line > 0) out.key("line").integer(each.line);
        out.key("detail").string(each.detail).end_object();
    }
    out.end_array();
}

result<void> import_rules(const operation&, write_session& session, const call& request, reply& into) {
    const auto& all = static_cast<const imported_rules&>(*request.parsed);
    into.clear();
    import_counts counts;
    auto done = session.attempt([&]() -> result<void> {
        if (auto stored = store(session, request, all, counts, into); !stored) return stored;
        // What is only tried leaves nothing.
        if (all.dry_run) return error(make_error_code(siem_errc::refused));
        return {};
    });
    if (!done && !(all.dry_run && !into.refused && done.error().code() == make_error_code(siem_errc::refused)))
        return done;
    json::writer out(into.body);
    out.begin_object().key("created").integer(counts.created).key("updated").integer(counts.updated);
    out.key("unchanged").integer(counts.unchanged).key("rejected").integer(all.rejected);
    write_errors(out, all.errors);
    out.end_object();
    return {};
}

// -- POST /rules/validate ---

std::optional<problem> check_validate(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    if (request.file.size() > (std::size_t{1} << 20))
        return problem{problem_code::too_large, "a rule has at most 1 MiB", {}};
    return std::nullopt;
}

result<void> validate(const operation&, read_session&, const call& request, reply& into) {
    into.clear();
    const auto read = sigma::parse_rule(request.file);
    const auto* wrong = std::get_if<sigma::faults>(&read);
    json::writer out(into.body);
    out.begin_object().key("valid").boolean(wrong == nullptr).key("errors").begin_array();
    if (wrong != nullptr)
        for (const sigma::fault& each : *wrong) {
            out.begin_object().key("line").integer(static_cast<std::int64_t>(each.line));
            out.key("column").integer(static_cast<std::int64_t>(each.column)).key("detail").string(each.detail);
            out.end_object();
        }
    out.end_array();
    if (const auto* rule = std::get_if<sigma::rule>(&read)) {
        out.key("type").string(rule->kind() == "detection" ? "sigma" : rule->kind()).key("id");
        if (rule->id.empty()) out.null();
        else out.string(rule->id);
        out.key("name").string(rule->title);
        out.key("tree").raw(sigma::to_json(*rule));
    }
    out.end_object();
    return {};
}

constexpr std::string_view import_schema =
    R"({"type":"object","required":["created","updated","unchanged","rejected","errors"],"properties":{)"
    R"("created":{"type":"integer"},"updated":{"type":"integer"},"unchanged":{"type":"integer"},)"
    R"("rejected":{"type":"integer"},"errors":{"type":"array","items":{"type":"object","required":["file","detail"],)"
    R"("properties":{"file":{"type":"string"},"line":{"type":"integer"},"detail":{"type":"string"}}}}}})";

constexpr std::string_view validate_schema =
    R"({"type":"object","required":["valid","errors"],"properties":{"valid":{"type":"boolean"},)"
    R"("errors":{"type":"array","items":{"type":"object","required":["line","column","detail"],"properties":{)"
    R"("line":{"type":"integer"},"column":{"type":"integer"},"detail":{"type":"string"}}}},)"
    R"("type":{"type":"string"},"id":{"type":["string","null"]},"name":{"type":"string"},"tree":{"type":"object"}}})";

}  // namespace

std::vector<operation> rule_import_operations() {
    operation import = make_operation(rules(), method::post, "/import", "import_rules",
                                      "Takes Sigma rules from a YAML text, a tar, a gzip'd tar or a zip.");
    import.body = body_kind::file;
    import.is_about_version = false;
    import.parameters = {
        { "dry_run",
          R"({"type":"boolean","default":false})",
          false,
          "Tells what would happen; nothing is stored." }};
    import.reply_schema = import_schema;
    import.check = check_import;
    import.read = read_import;
    import.write = import_rules;

    operation validation = make_operation(rules(), method::post, "/validate", "validate_rule",
                                          "Says whether a YAML text is a Sigma rule, and what it means.");
    validation.body = body_kind::file;
    validation.is_about_version = false;
    validation.reply_schema = validate_schema;
    validation.check = check_validate;
    validation.read = validate;
    return {std::move(import), std::move(validation)};
}

}  // namespace carrel::siem
