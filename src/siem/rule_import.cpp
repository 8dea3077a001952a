#include "archive/read.hpp"
#include "archive/sniff.hpp"
#include "json/writer.hpp"
#include "resource/checked_apart.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/imports.hpp"
#include "siem/rule_batch.hpp"
#include "siem/rule_operations.hpp"
#include "siem/rules.hpp"

// POST /rules/import: a text of Sigma documents or an archive of such texts becomes rules. A reader parses all of it, so that
// neither a shard nor the writer waits for YAML; the writer then compares and stores in one transaction.
namespace carrel::siem {

namespace {

struct imported_rules : input {
    rule_batch batch;
    bool dry_run = false;
};

result<void> read_import(const operation& what, read_session& session, const call& request, reply& into) {
    if (auto allowed = expect_parsing(session, what, request.file.size()); !allowed) return allowed;
    auto made = std::make_unique<imported_rules>();
    made->dry_run = static_cast<const import_input&>(*request.parsed).dry_run;
    rule_reader import(request, made->batch);
    const auto kind = archive::sniff(request.file);
    if (kind == archive::kind::text) {
        import.take_text("", request.file);
    } else {
        const auto read = archive::read_all(request.file, {});
        if (!read) return refuse(into, problem_of(problem_code::invalid, "", read.error().text));
        for (const archive::file& each : *read) {
            if (auto on = session.check_interrupt(); !on) return on;
            if (is_rule_file(each.name)) import.take_text(each.name, each.bytes);
        }
        if (made->batch.rows.empty() && made->batch.rejected == 0)
            return refuse(into, problem_of(problem_code::invalid, "", "there is no .yml or .yaml file in the archive"));
    }
    if (made->batch.rows.size() > rule_batch::rules_max)
        return refuse(into,
                      {problem_code::too_large, "more than " + std::to_string(rule_batch::rules_max) + " rules", {}});
    into.rest = std::move(made);
    return {};
}

void write_errors(json::writer& out, const std::vector<rule_fault>& errors) {
    out.key("errors").begin_array();
    for (const rule_fault& each : errors) {
        out.begin_object().key("file").string(each.file);
        if (each.line > 0) out.key("line").integer(each.line);
        out.key("detail").string(each.detail).end_object();
    }
    out.end_array();
}

result<void> import_rules(const operation&, write_session& session, const call& request, reply& into) {
    const auto& all = static_cast<const imported_rules&>(*request.parsed);
    into.clear();
    rule_totals counts;
    auto done = store_or_try(session, all.dry_run, into,
                             [&] { return store_rules(session, request, all.batch.rows, {}, counts, into); });
    if (!done) return done;
    json::writer out(into.body);
    out.begin_object().key("created").integer(counts.created).key("updated").integer(counts.updated);
    out.key("unchanged").integer(counts.unchanged).key("rejected").integer(all.batch.rejected);
    write_errors(out, all.batch.faults);
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

result<void> validate(const operation& what, read_session& session, const call& request, reply& into) {
    into.clear();
    if (auto allowed = expect_parsing(session, what, request.file.size()); !allowed) return allowed;
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
    validation.needs = permission::read_rules;
    validation.body = body_kind::file;
    validation.is_about_version = false;
    validation.reply_schema = validate_schema;
    validation.check = check_validate;
    validation.read = validate;
    return {std::move(import), std::move(validation)};
}

}  // namespace carrel::siem
