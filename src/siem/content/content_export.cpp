#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/content/content_choice.hpp"
#include "siem/content/content_line.hpp"
#include "siem/content/content_package.hpp"

#include <carrel/cost.hpp>

// GET /admin/content/export: all content in one archive, of one snapshot, so that what refers to each other is there together.
namespace carrel::siem {

namespace {

std::optional<problem> check_export(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<content_choice>();
    std::vector<fault> faults;
    read_choice(request, *parsed, faults);
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

problem too_large() {
    return {problem_code::too_large,
            "the content has more than " + std::to_string(content_bytes_max >> 20) + " MiB or " +
                std::to_string(content_records_max) + " records; `only` makes it less",
            {}};
}

class exporter {
public:
    exporter(read_session& session, reply& into)
        : session_(session),
          into_(into) {}

    result<content_package> read(const content_choice& choice) {
        for (const content_member* each : choice.members)
            if (auto done = add(*each); !done) return done.error();
        return std::move(made_);
    }

private:
    result<void> add(const content_member& member) {
        const resource& of = member.of();
        // A record's select, without its key.
        std::string sql = of.select_record.substr(0, of.select_record.rfind(" WHERE "));
        if (!member.condition.empty()) sql.append(" WHERE ").append(member.condition);
        sql += " ORDER BY " + of.fields[of.id].column_name();
        auto rows = session_.prepare(read_sql::dynamic(sql));
        if (!rows) return rows.error();
        content_file file{&member, 0, {}};
        for (;;) {
            auto more = rows->step();
            if (!more) return more.error();
            if (!*more) break;
            const record row = read_record(of, *rows, 1);
            append_line(member, row, file.bytes);
            note_secrets(member, row);
            ++file.records;
            if (++records_ > content_records_max || bytes_ + file.bytes.size() > content_bytes_max)
                return refuse(into_, too_large());
        }
        bytes_ += file.bytes.size();
        made_.files.push_back(std::move(file));
        return {};
    }

    void note_secrets(const content_member& member, const record& row) {
        if (member.secret_names == nullptr) return;
        std::vector<std::string> names = member.secret_names(row);
        if (!names.empty()) made_.secrets[{std::string(member.table), *row.text(member.of().id)}] = std::move(names);
    }

    read_session& session_;
    reply& into_;
    content_package made_;
    std::int64_t records_ = 0;
    std::size_t bytes_ = 0;
};

result<void> export_content(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    // Packing is nothing that a budget of rows would interrupt.
    if (auto allowed = expect_long(session, 0); !allowed) return allowed;
    auto content = exporter(session, into).read(static_cast<const content_choice&>(*request.parsed));
    if (!content) return content.error();
    if (auto on = session.check_interrupt(); !on) return on;
    auto packed = pack(*content, request.now);
    if (!packed) return refuse(into, problem_of(problem_code::invalid, "", packed.error().text));
    into.body = std::move(*packed);
    into.media_type = "application/gzip";
    into.file_name = "content.tar.gz";
    return {};
}

operation export_by(method verb, std::string id) {
    operation made;
    made.method = verb;
    made.path = "/admin/content/export";
    made.id = std::move(id);
    made.summary = "Packs rules, actions and all other content into an archive, without its secrets.";
    made.is_about_version = false;
    made.is_audited = true;
    made.needs = permission::admin_system;
    made.parameters = choice_parameters();
    made.reply_schema = R"({"type":"string","format":"binary"})";
    made.reply_type = "application/gzip";
    made.check = check_export;
    made.read = export_content;
    return made;
}

}  // namespace

std::vector<operation> content_export_operations() {
    return {export_by(method::get, "export_content"), export_by(method::post, "request_content_export")};
}

}  // namespace carrel::siem
