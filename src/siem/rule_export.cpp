#include "archive/write.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/rule_operations.hpp"
#include "siem/rules.hpp"

// GET /rules/export: the documents of the rules that pass the filters, byte for byte, in an archive. A rule that is a query
// has no document: it is there as the JSON that it is.
namespace carrel::siem {

namespace {

constexpr std::size_t bytes_max = std::size_t{128} << 20;

struct export_input : input {
    conditions filters;
    bool is_zip = true;
};

std::optional<problem> check_export(const operation&, call& request) {
    constexpr std::array<std::string_view, 1> own = {"format"};
    auto parsed = std::make_unique<export_input>();
    std::vector<fault> faults = refuse_parameters(rules(), request.query, own);
    parsed->filters = read_conditions(rules(), request.query, request.now);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    const auto format = parameter(request.query, "format").value_or("zip");
    if (format != "zip" && format != "tar") faults.push_back({"format", 0, "must be zip or tar"});
    parsed->is_zip = format == "zip";
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<std::vector<archive::file>> read_files(read_session& session, const conditions& filters, reply& into) {
    auto rows = session.prepare(read_sql::dynamic("SELECT id, sigma_yaml, " + rules().columns + " FROM rules" +
                                                  filters.where + " ORDER BY id"));
    if (!rows) return rows.error();
    rows->bind_borrowed(filters.values);
    std::vector<archive::file> files;
    std::size_t bytes = 0;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return files;
        archive::file made;
        const bool is_document = !rows->is_null(1);
        made.name = std::string(rows->text(0)) + (is_document ? ".yml" : ".json");
        if (is_document) made.bytes = rows->text(1);
        else append_row(rules(), *rows, 2, made.bytes);
        bytes += made.bytes.size();
        if (bytes > bytes_max)
            return refuse(
                into, {problem_code::too_large,
                       "the rules have more than " + std::to_string(bytes_max >> 20) + " MiB; filters make them fewer",
                       {}});
        files.push_back(std::move(made));
    }
}

result<void> export_rules(const operation&, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const export_input&>(*request.parsed);
    into.clear();
    auto files = read_files(session, input.filters, into);
    if (!files) return files.error();
    const std::vector<archive::entry> entries = [&] {
        std::vector<archive::entry> made;
        for (const archive::file& each : *files) made.push_back({each.name, each.bytes});
        return made;
    }();
    const std::chrono::sys_seconds at(std::chrono::seconds(request.now / 1'000'000));
    auto packed = input.is_zip ? archive::write_zip(entries, at) : archive::write_tar_gz(entries, at);
    if (!packed) return refuse(into, problem_of(problem_code::invalid, "", packed.error().text));
    into.body = std::move(*packed);
    into.media_type = input.is_zip ? "application/zip" : "application/gzip";
    into.file_name = input.is_zip ? "rules.zip" : "rules.tar.gz";
    return {};
}

}  // namespace

operation rule_export_operation() {
    operation made = make_operation(rules(), method::get, "/export", "export_rules",
                                    "Packs the documents of rules, as they were imported, into an archive.");
    made.parameters = filter_parameters(rules());
    made.parameters.push_back(
        {"format", R"({"type":"string","enum":["zip","tar"],"default":"zip"})", false, "tar: a gzip'd one."});
    made.reply_schema = R"({"type":"string","format":"binary"})";
    made.reply_type = "application/octet-stream";
    made.check = check_export;
    made.read = export_rules;
    return made;
}

}  // namespace carrel::siem
