#include "json/reader.hpp"
#include "json/writer.hpp"
#include "resource/checked_apart.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/content/content_choice.hpp"
#include "siem/content/content_line.hpp"
#include "siem/content/content_storing.hpp"
#include "siem/imports.hpp"

// POST /admin/content/restore: a reader opens the archive and reads every line, so that the writer only compares and stores. A dry
// run does all that a real one does, and undoes it.
namespace carrel::siem {

namespace {

struct restore_input : content_choice {
    bool dry_run = false;
    restore_mode mode = restore_mode::fail;
};

struct prepared_content : input {
    std::vector<restored_file> files;
    left_out_secrets secrets;
    bool dry_run = false;
    restore_mode mode = restore_mode::fail;
};

std::optional<problem> check_restore(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<restore_input>();
    std::vector<fault> faults;
    read_choice(request, *parsed, faults);
    const auto dry_run = parameter(request.query, "dry_run").value_or("false");
    if (dry_run != "true" && dry_run != "false") faults.push_back({"dry_run", 0, "must be true or false"});
    parsed->dry_run = dry_run == "true";
    const auto mode = index_of(restore_modes, parameter(request.query, "mode").value_or("fail"));
    if (!mode) faults.push_back({"mode", 0, "must be one of " + list_of(restore_modes)});
    else parsed->mode = static_cast<restore_mode>(*mode);
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    if (request.file.empty()) return problem_of(problem_code::invalid, "", "the body is empty");
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// -- on a reader ---

class file_reader {
public:
    file_reader(read_session& session, const call& request, const content_package& content)
        : session_(session),
          request_(request),
          content_(content) {}

    result<restored_file> read(const content_file& file, reply& into) {
        restored_file made{file.member, {}};
        std::string_view rest = file.bytes;
        for (std::int64_t line = 1; !rest.empty(); ++line) {
            if (auto on = session_.check_interrupt(); !on) return on.error();
            const auto end = rest.find('\n');
            auto faults = read_one(*file.member, rest.substr(0, end), made.rows.emplace_back());
            rest.remove_prefix(end + 1);
            if (faults.empty()) continue;
            for (fault& each : faults)
                each = {file.member->file_name(), line,
                        (each.field.empty() ? "" : "`" + each.field + "` ") + std::move(each.detail)};
            return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
        }
        return made;
    }

private:
    std::vector<fault> read_one(const content_member& member, std::string_view text, record& into) {
        json::parse_failure broken;
        const auto* line = parser_.parse(text, broken);
        if (line == nullptr) return {{"", 0, broken.detail + " (at byte " + std::to_string(broken.offset) + ")"}};
        if (parser_.members_left_out() > 0)
            return {{"", 0, "an object has more than " + std::to_string(json::reader::members_max) + " members"}};
        return read_line(member, request_, *line, secrets_of(member, *line), into);
    }

    std::span<const std::string> secrets_of(const content_member& member, const boost::json::value& line) const {
        const auto* object = line.if_object();
        const auto* id = object == nullptr ? nullptr : object->if_contains("id");
        if (id == nullptr || !id->is_string()) return {};
        const auto found = content_.secrets.find(
            {std::string(member.table), std::string(id->as_string().data(), id->as_string().size())});
        return found == content_.secrets.end() ? std::span<const std::string>() : found->second;
    }

    read_session& session_;
    const call& request_;
    const content_package& content_;
    json::reader parser_;
};

result<void> read_restore(const operation& what, read_session& session, const call& request, reply& into) {
    into.clear();
    if (auto allowed = expect_parsing(session, what, request.file.size()); !allowed) return allowed;
    const auto& wanted = static_cast<const restore_input&>(*request.parsed);
    content_package content;
    if (auto wrong = unpack(request.file, content)) return refuse(into, std::move(*wrong));
    std::int64_t records = 0;
    for (const content_file& each : content.files) records += each.records;
    if (records > content_records_max)
        return refuse(into, {problem_code::too_large,
                             "the archive has more than " + std::to_string(content_records_max) + " records",
                             {}});
    auto made = std::make_unique<prepared_content>();
    made->dry_run = wanted.dry_run;
    made->mode = wanted.mode;
    file_reader lines(session, request, content);
    for (const content_file& each : content.files) {
        if (!wanted.holds(each.member)) continue;
        auto file = lines.read(each, into);
        if (!file) return file.error();
        made->files.push_back(std::move(*file));
    }
    made->secrets = std::move(content.secrets);
    into.rest = std::move(made);
    return {};
}

// -- on the writer ---

void write_counts(const restore_counts& counts, json::writer& out) {
    out.key("created").integer(counts.created).key("updated").integer(counts.updated);
    out.key("unchanged").integer(counts.unchanged).key("skipped").integer(counts.skipped);
}

void write_report(const prepared_content& content, const restore_report& report, json::writer& out) {
    restore_counts all;
    for (const restore_counts& each : report.files) {
        all.created += each.created;
        all.updated += each.updated;
        all.unchanged += each.unchanged;
        all.skipped += each.skipped;
    }
    out.begin_object().key("dry_run").boolean(content.dry_run);
    out.key("mode").string(restore_modes[static_cast<std::size_t>(content.mode)]);
    write_counts(all, out);
    out.key("members").begin_array();
    for (std::size_t i = 0; i < report.files.size(); ++i) {
        out.begin_object().key("name").string(content.files[i].member->file_name());
        write_counts(report.files[i], out);
        out.end_object();
    }
    out.end_array().key("conflicts").begin_array();
    for (const fault& each : report.conflicts) {
        out.begin_object().key("member").string(each.field).key("line").integer(each.line);
        out.key("detail").string(each.detail).end_object();
    }
    out.end_array();
}

// Records that need a secret which they do not have on this server.
result<void> write_lacking(write_session& session, const prepared_content& content, json::writer& out) {
    out.key("secrets_to_set").begin_array();
    for (const auto& [whose, names] : content.secrets) {
        const content_member* member = content_member_named(whose.first);
        if (member == nullptr || member->secret_names == nullptr) continue;
        auto row = find(member->of(), session, whose.second);
        if (!row) return row.error();
        if (!*row || !member->secret_names(**row).empty()) continue;
        out.begin_object().key("resource").string(whose.first).key("id").string(whose.second);
        out.key("names").begin_array();
        for (const std::string& name : names) out.string(name);
        out.end_array().end_object();
    }
    out.end_array();
    return {};
}

result<void> restore(const operation&, write_session& session, const call& request, reply& into) {
    const auto& content = static_cast<const prepared_content&>(*request.parsed);
    into.clear();
    std::string body;
    auto done = store_or_try(session, content.dry_run, into, [&]() -> result<void> {
        body.clear();
        restore_report report;
        if (auto stored = store_content(session, request, content.files, content.mode, report, into); !stored)
            return stored;
        json::writer out(body);
        write_report(content, report, out);
        if (auto written = write_lacking(session, content, out); !written) return written;
        out.end_object();
        return {};
    });
    if (!done) return done;
    into.body = std::move(body);
    return {};
}

constexpr std::string_view counts_schema =
    R"("created":{"type":"integer"},"updated":{"type":"integer"},"unchanged":{"type":"integer"},)"
    R"("skipped":{"type":"integer"})";

}  // namespace

operation content_restore_operation() {
    operation made;
    made.method = method::post;
    made.path = "/admin/content/restore";
    made.id = "restore_content";
    made.summary = "Restores content from an archive, all of it or nothing.";
    made.body = body_kind::file;
    made.is_about_version = false;
    made.is_audited = true;
    made.needs = permission::admin_system;
    made.parameters = choice_parameters();
    made.parameters.push_back(dry_run_parameter());
    made.parameters.push_back({"mode", R"({"type":"string","enum":["fail","skip","overwrite"],"default":"fail"})",
                               false, "What becomes of records whose id is taken by others."});
    made.reply_schema =
        R"({"type":"object","required":["dry_run","mode","created","updated","unchanged","skipped","members",)"
        R"("conflicts","secrets_to_set"],"properties":{"dry_run":{"type":"boolean"},"mode":{"type":"string"},)" +
        std::string(counts_schema) +
        R"(,"members":{"type":"array","items":{"type":"object","required":["name"],"properties":{)"
        R"("name":{"type":"string"},)" +
        std::string(counts_schema) +
        R"(}}},"conflicts":{"type":"array","items":{"type":"object","required":["member","line","detail"],)"
        R"("properties":{"member":{"type":"string"},"line":{"type":"integer"},"detail":{"type":"string"}}}},)"
        R"("secrets_to_set":{"type":"array","items":{"type":"object","required":["resource","id","names"],)"
        R"("properties":{"resource":{"type":"string"},"id":{"type":"string"},)"
        R"("names":{"type":"array","items":{"type":"string"}}}}}}})";
    made.check = check_restore;
    made.read = read_restore;
    made.write = restore;
    return made;
}

}  // namespace carrel::siem
