#include "siem/content/content_package.hpp"

#include "archive/read.hpp"
#include "archive/write.hpp"
#include "base/sha256.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/migrations.hpp"

#include <algorithm>
#include <set>

namespace carrel::siem {

namespace {

constexpr std::string_view format_name = "carrel-content";
constexpr std::size_t files_max = 64;

std::string manifest_of(const content_package& content, timestamp at) {
    std::string text;
    json::writer out(text);
    out.begin_object().key("format").string(format_name).key("format_version").integer(content_format);
    out.key("created_at").string(format_time(at)).key("schema_step").integer(schema_step());
    out.key("members").begin_array();
    for (const content_file& each : content.files) {
        out.begin_object().key("name").string(each.member->file_name()).key("resource").string(each.member->table);
        out.key("records").integer(each.records).key("sha256").string(base::sha256_hex(each.bytes)).end_object();
    }
    out.end_array().key("secrets_left_out").begin_array();
    for (const auto& [whose, secrets] : content.secrets) {
        out.begin_object().key("resource").string(whose.first).key("id").string(whose.second);
        out.key("names").begin_array();
        for (const std::string& name : secrets) out.string(name);
        out.end_array().end_object();
    }
    out.end_array().end_object();
    return text;
}

problem wrong_in(std::string_view file, std::string detail) {
    return problem_of(problem_code::invalid, std::string(file), std::move(detail));
}

std::optional<std::string> text_in(const boost::json::object& from, std::string_view name) {
    const auto* found = from.if_contains(boost::json::string_view(name.data(), name.size()));
    const auto* text = found == nullptr ? nullptr : found->if_string();
    if (text == nullptr) return std::nullopt;
    return std::string(text->data(), text->size());
}

std::optional<std::int64_t> number_in(const boost::json::object& from, std::string_view name) {
    const auto* found = from.if_contains(boost::json::string_view(name.data(), name.size()));
    const auto* number = found == nullptr ? nullptr : found->if_int64();
    if (number == nullptr) return std::nullopt;
    return *number;
}

const boost::json::array* list_in(const boost::json::object& from, std::string_view name) {
    const auto* found = from.if_contains(boost::json::string_view(name.data(), name.size()));
    return found == nullptr ? nullptr : found->if_array();
}

/// Takes what the manifest names out of the files of an archive.
class manifest_reader {
public:
    manifest_reader(std::vector<archive::file>& files, content_package& into)
        : files_(files),
          into_(into) {}

    std::optional<problem> read() {
        const archive::file* manifest = find(manifest_name);
        if (manifest == nullptr) return wrong_in(manifest_name, "is not in the archive");
        json::reader parser;
        json::parse_failure broken;
        const auto* parsed = parser.parse(manifest->bytes, broken);
        if (parsed == nullptr)
            return wrong_in(manifest_name,
                            "is not JSON: " + broken.detail + " at byte " + std::to_string(broken.offset));
        const auto* object = parsed->if_object();
        if (object == nullptr) return wrong_in(manifest_name, "must be a JSON object");
        if (auto wrong = check_version(*object)) return wrong;
        if (auto wrong = read_members(*object)) return wrong;
        if (auto wrong = read_secrets(*object)) return wrong;
        for (const archive::file& each : files_)
            if (each.name != manifest_name && !taken_.contains(each.name))
                return wrong_in(each.name, "is not in the manifest");
        return std::nullopt;
    }

private:
    archive::file* find(std::string_view name) {
        const auto found =
            std::find_if(files_.begin(), files_.end(), [&](const archive::file& each) { return each.name == name; });
        return found == files_.end() ? nullptr : &*found;
    }

    static std::optional<problem> check_version(const boost::json::object& manifest) {
        if (text_in(manifest, "format") != std::string(format_name))
            return wrong_in(manifest_name, "is none of an archive of content");
        if (number_in(manifest, "format_version") != content_format)
            return wrong_in(manifest_name,
                            "must have the format_version " + std::to_string(content_format) + " for this server");
        const auto step = number_in(manifest, "schema_step");
        if (!step || *step < 1) return wrong_in(manifest_name, "must have a schema_step");
        if (*step > schema_step())
            return wrong_in(manifest_name, "is of the schema step " + std::to_string(*step) +
                                               ", and this server knows " + std::to_string(schema_step()) +
                                               ": a newer one wrote it");
        return std::nullopt;
    }

    std::optional<problem> read_members(const boost::json::object& manifest) {
        const auto* members = list_in(manifest, "members");
        if (members == nullptr) return wrong_in(manifest_name, "must have a list of members");
        for (const auto& each : *members) {
            const auto* object = each.if_object();
            if (object == nullptr) return wrong_in(manifest_name, "must have objects as members");
            if (auto wrong = read_member(*object)) return wrong;
        }
        std::sort(into_.files.begin(), into_.files.end(),
                  [](const content_file& a, const content_file& b) { return a.member < b.member; });
        return std::nullopt;
    }

    std::optional<problem> read_member(const boost::json::object& said) {
        const auto name = text_in(said, "name"), table = text_in(said, "resource"), sum = text_in(said, "sha256");
        const auto records = number_in(said, "records");
        if (!name || !table || !sum || !records)
            return wrong_in(manifest_name, "must say name, resource, records and sha256 of each member");
        const content_member* member = content_member_named(*table);
        if (member == nullptr || member->file_name() != *name)
            return wrong_in(*name, "is of no resource that this server knows as content");
        archive::file* file = find(*name);
        if (file == nullptr) return wrong_in(*name, "is in the manifest and not in the archive");
        if (!taken_.insert(*name).second) return wrong_in(*name, "is in the manifest twice");
        if (base::sha256_hex(file->bytes) != *sum)
            return wrong_in(*name, "is not what the manifest says: its SHA-256 is another one");
        const auto lines = std::count(file->bytes.begin(), file->bytes.end(), '\n');
        const bool is_whole = file->bytes.empty() || file->bytes.back() == '\n';
        if (lines != *records || !is_whole)
            return wrong_in(*name, "has " + std::to_string(lines) + " lines instead of " + std::to_string(*records));
        into_.files.push_back({member, *records, std::move(file->bytes)});
        return std::nullopt;
    }

    std::optional<problem> read_secrets(const boost::json::object& manifest) {
        const auto* all = list_in(manifest, "secrets_left_out");
        if (all == nullptr) return wrong_in(manifest_name, "must say which secrets were left out");
        for (const auto& each : *all) {
            const auto* object = each.if_object();
            const auto table = object == nullptr ? std::nullopt : text_in(*object, "resource");
            const auto id = object == nullptr ? std::nullopt : text_in(*object, "id");
            const auto* names = object == nullptr ? nullptr : list_in(*object, "names");
            if (!table || !id || names == nullptr)
                return wrong_in(manifest_name, "must say resource, id and names of each secret");
            std::vector<std::string>& made = into_.secrets[{*table, *id}];
            for (const auto& name : *names)
                if (const auto* text = name.if_string()) made.emplace_back(text->data(), text->size());
                else return wrong_in(manifest_name, "must have strings as names of secrets");
        }
        return std::nullopt;
    }

    std::vector<archive::file>& files_;
    content_package& into_;
    std::set<std::string, std::less<>> taken_;
};

}  // namespace

std::int64_t schema_step() { return migrations().back().number; }

base::outcome<std::string> pack(const content_package& content, timestamp at) {
    const std::string manifest = manifest_of(content, at);
    std::vector<std::string> names;
    for (const content_file& each : content.files) names.push_back(each.member->file_name());
    std::vector<archive::entry> entries{{manifest_name, manifest}};
    for (std::size_t i = 0; i < names.size(); ++i) entries.push_back({names[i], content.files[i].bytes});
    return archive::write_tar_gz(entries, std::chrono::sys_seconds(std::chrono::seconds(at / 1'000'000)));
}

std::optional<problem> unpack(std::string_view bytes, content_package& into) {
    auto files = archive::read_all(bytes, {.bytes_max = content_bytes_max + (std::size_t{16} << 20),
                                           .entry_bytes_max = content_bytes_max,
                                           .entries_max = files_max});
    if (!files) return problem_of(problem_code::invalid, "", files.error().text);
    std::set<std::string_view> names;
    for (const archive::file& each : *files)
        if (!names.insert(each.name).second) return wrong_in(each.name, "is in the archive twice");
    return manifest_reader(*files, into).read();
}

}  // namespace carrel::siem
