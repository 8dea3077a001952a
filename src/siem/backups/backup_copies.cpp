// GET /admin/backups and what can be done with a copy that lies in the folder: GET .../download and DELETE.
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/resource.hpp"
#include "siem/backups/backup_control.hpp"
#include "siem/file_download.hpp"

#include <carrel/cost.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t piece_bytes = 256 << 10;

void write_copy(json::writer& out, const backup_copy& copy) {
    const auto number = [&](std::string_view name, std::optional<std::int64_t> value) {
        out.key(name);
        if (value) out.integer(*value);
        else out.null();
    };
    out.begin_object().key("name").string(copy.name).key("bytes").integer(copy.bytes);
    out.key("taken_at").string(format_time(copy.taken_at));
    number("sequence", copy.sequence);
    number("schema_step", copy.schema_step);
    out.end_object();
}

result<void> list_copies(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    if (auto allowed = expect_long(session, 0); !allowed) return allowed;  // it asks the disk
    const auto control = backups_in_force();
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    if (control)
        for (const backup_copy& each : control->copies()) write_copy(out, each);
    out.end_array().end_object();
    return {};
}

std::optional<problem> check_copy(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    if (!is_backup_name(request.path[0])) return not_found("copy", request.path[0]);
    return std::nullopt;
}

result<void> remove_copy(const operation&, write_session&, const call& request, reply& into) {
    into.clear();
    const auto control = backups_in_force();
    if (!control || !control->remove(request.path[0], request.fresh_id))
        return refuse(into, not_found("copy", request.path[0]));
    into.kind = outcome::no_content;
    return {};
}

// -- the download ---

struct copy_piece final : input {
    std::int64_t at = 0, end = 0;
};

result<void> send_piece(read_session& session, const call& request, std::int64_t at, std::int64_t end, reply& into) {
    if (auto allowed = expect_long(session, 0); !allowed) return allowed;  // it asks the disk
    const auto control = backups_in_force();
    const std::int64_t wanted = std::min(piece_bytes, end - at);
    const auto before = into.body.size();
    // What is gone, or shorter than it was, cannot be gone on with: the connection ends before the length that was promised.
    if (!control || !control->read(request.path[0], at, wanted, into.body) ||
        into.body.size() - before != static_cast<std::size_t>(wanted))
        return error(errc::cancelled, "the copy is gone");
    if (at + wanted >= end) return {};
    auto next = std::make_unique<copy_piece>();
    next->at = at + wanted;
    next->end = end;
    into.rest = std::move(next);
    return {};
}

result<void> download_copy(const operation&, read_session& session, const call& request, reply& into) {
    if (const auto* piece = dynamic_cast<const copy_piece*>(request.parsed.get()))
        return send_piece(session, request, piece->at, piece->end, into);
    into.clear();
    if (auto allowed = expect_long(session, 0); !allowed) return allowed;  // it asks the disk
    const auto control = backups_in_force();
    const auto found = control ? control->copy(request.path[0]) : std::nullopt;
    if (!found) return refuse(into, not_found("copy", request.path[0]));
    byte_range part{0, found->bytes};
    // A copy never changes, so that a part of it is of the same file.
    const auto wanted = request.if_range.empty() ? read_range(request.range, found->bytes) : std::nullopt;
    if (wanted && wanted->begin == wanted->end) {
        into.content_range = "bytes */" + std::to_string(found->bytes);
        return refuse(
            into,
            {problem_code::range_not_satisfiable, "The copy has " + std::to_string(found->bytes) + " bytes.", {}});
    }
    if (wanted) {
        part = *wanted;
        into.content_range = "bytes " + std::to_string(part.begin) + "-" + std::to_string(part.end - 1) + "/" +
                             std::to_string(found->bytes);
    }
    into.media_type = "application/vnd.sqlite3";
    into.file_name = found->name;
    into.length = static_cast<std::uint64_t>(part.end - part.begin);
    return send_piece(session, request, part.begin, part.end, into);
}

constexpr std::string_view list_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["name","bytes","taken_at","sequence","schema_step"],"properties":{"name":{"type":"string"},)"
    R"("bytes":{"type":"integer"},"taken_at":{"type":"string","format":"date-time"},)"
    R"("sequence":{"type":["integer","null"]},"schema_step":{"type":["integer","null"]}}}}}})";

operation copy_operation(method verb, std::string path, std::string id, std::string summary) {
    operation made;
    made.method = verb;
    made.path = std::move(path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.is_about_version = false;
    made.needs = permission::admin_system;
    made.check = check_copy;
    return made;
}

}  // namespace

std::vector<operation> backup_copy_operations() {
    operation list = copy_operation(method::get, "/admin/backups", "list_backups",
                                    "The copies in the folder for backups, the newest first.");
    list.check = check_address;
    list.reply_schema = list_schema;
    list.read = list_copies;
    operation download = copy_operation(method::get, "/admin/backups/{name}/download", "download_backup",
                                        "A copy, or the part of it that Range asks for.");
    download.reply_type = "application/vnd.sqlite3";
    download.sends_parts = true;
    download.reply_schema = R"({"type":"string","format":"binary"})";
    download.read = download_copy;
    operation removal = copy_operation(method::del, "/admin/backups/{name}", "delete_backup", "Removes a copy.");
    removal.success = outcome::no_content;
    removal.write = remove_copy;
    return {std::move(list), std::move(download), std::move(removal)};
}

}  // namespace carrel::siem
