#include "siem/cases/evidence_types.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::string_view bytes_type = "application/octet-stream";
using enum evidence_kind;

// By name. What a viewer might run a script of is served as bytes.
constexpr auto types = std::to_array<evidence_type>({
    {"application/gzip", file, "application/gzip"},
    {"application/json", log, "application/json"},
    {"application/msword", file, "application/msword"},
    {"application/octet-stream", other, bytes_type},
    {"application/pdf", file, bytes_type},
    {"application/vnd.ms-excel", file, "application/vnd.ms-excel"},
    {"application/vnd.ms-outlook", file, "application/vnd.ms-outlook"},
    {"application/vnd.ms-powerpoint", file, "application/vnd.ms-powerpoint"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", file, bytes_type},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file, bytes_type},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", file, bytes_type},
    {"application/vnd.rar", file, "application/vnd.rar"},
    {"application/vnd.sqlite3", file, bytes_type},
    {"application/vnd.tcpdump.pcap", network_capture, "application/vnd.tcpdump.pcap"},
    {"application/x-7z-compressed", file, "application/x-7z-compressed"},
    {"application/x-bzip2", file, "application/x-bzip2"},
    {"application/x-elf", file, bytes_type},
    {"application/x-evtx", log, bytes_type},
    {"application/x-minidump", process_dump, bytes_type},
    {"application/x-msdownload", file, bytes_type},
    {"application/x-ndjson", log, "application/x-ndjson"},
    {"application/x-ole-storage", file, bytes_type},
    {"application/x-pcapng", network_capture, "application/x-pcapng"},
    {"application/x-tar", file, "application/x-tar"},
    {"application/x-xz", file, "application/x-xz"},
    {"application/xml", log, bytes_type},
    {"application/zip", file, "application/zip"},
    {"application/zstd", file, "application/zstd"},
    {"image/bmp", screenshot, "image/bmp"},
    {"image/gif", screenshot, "image/gif"},
    {"image/jpeg", screenshot, "image/jpeg"},
    {"image/png", screenshot, "image/png"},
    {"image/tiff", screenshot, "image/tiff"},
    {"image/webp", screenshot, "image/webp"},
    {"message/rfc822", file, bytes_type},
    {"text/csv", log, "text/csv"},
    {"text/plain", log, "text/plain"},
});
static_assert(std::is_sorted(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));

struct alias {
    std::string_view given, name;
};
constexpr auto aliases = std::to_array<alias>({
    {"application/csv", "text/csv"},
    {"application/jsonl", "application/x-ndjson"},
    {"application/ndjson", "application/x-ndjson"},
    {"application/vnd.microsoft.portable-executable", "application/x-msdownload"},
    {"application/x-bzip", "application/x-bzip2"},
    {"application/x-dosexec", "application/x-msdownload"},
    {"application/x-executable", "application/x-elf"},
    {"application/x-gzip", "application/gzip"},
    {"application/x-pcap", "application/vnd.tcpdump.pcap"},
    {"application/x-rar-compressed", "application/vnd.rar"},
    {"application/x-sqlite3", "application/vnd.sqlite3"},
    {"application/x-zip-compressed", "application/zip"},
    {"image/jpg", "image/jpeg"},
    {"text/json", "application/json"},
    {"text/x-log", "text/plain"},
    {"text/xml", "application/xml"},
});

using std::string_view_literals::operator""sv;

// What a file of a type has at a place. Short ones are also how a text may begin.
struct signature {
    std::size_t at;
    std::string_view bytes, name;
    bool is_weak = false;
};
constexpr auto signatures = std::to_array<signature>({
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "BM"sv, "image/bmp", true},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\x03\x04"sv, "application/zip"},
    {0, "PK\x05\x06"sv, "application/zip"},
    {0, "\x1f\x8b\x08"sv, "application/gzip"},
    {0, "BZh"sv, "application/x-bzip2", true},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "application/x-xz"},
    {0, "\x28\xb5\x2f\xfd"sv, "application/zstd"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {0, "Rar!\x1a\x07"sv, "application/vnd.rar"},
    {257, "ustar"sv, "application/x-tar"},
    {0, "\xd4\xc3\xb2\xa1"sv, "application/vnd.tcpdump.pcap"},
    {0, "\xa1\xb2\xc3\xd4"sv, "application/vnd.tcpdump.pcap"},
    {0, "\x4d\x3c\xb2\xa1"sv, "application/vnd.tcpdump.pcap"},
    {0, "\xa1\xb2\x3c\x4d"sv, "application/vnd.tcpdump.pcap"},
    {0, "\x0a\x0d\x0d\x0a"sv, "application/x-pcapng", true},
    {0, "ElfFile\0"sv, "application/x-evtx"},
    {0, "MDMP"sv, "application/x-minidump", true},
    {0, "PAGEDU"sv, "application/x-minidump", true},
    {0, "SQLite format 3\0"sv, "application/vnd.sqlite3"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "application/x-ole-storage"},
    {0,
     "\x7f"
     "ELF"sv,
     "application/x-elf"},
    {0, "MZ"sv, "application/x-msdownload", true},
});

const evidence_type* named(std::string_view name) noexcept {
    const auto found =
        std::lower_bound(types.begin(), types.end(), name,
                         [](const evidence_type& each, std::string_view wanted) { return each.name < wanted; });
    return found != types.end() && found->name == name ? &*found : nullptr;
}

bool has(std::string_view head, const signature& one) noexcept {
    return head.size() > one.at && head.substr(one.at).starts_with(one.bytes);
}

// UTF-16 begins with its mark; its characters have bytes that no other text has.
bool is_utf16(std::string_view head) noexcept {
    return head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv);
}

std::string_view beginning(std::string_view head) noexcept {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    return head.substr(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
}

// Whether a text may be of a type of texts.
bool may_be(std::string_view name, std::string_view head) noexcept {
    if (name == "text/plain" || name == "text/csv") return true;
    if (is_utf16(head)) return name == "application/xml";
    const auto begins = beginning(head);
    if (name == "application/json" || name == "application/x-ndjson")
        return !begins.empty() && std::string_view("{[\"-0123456789tfn").find(begins.front()) != begins.npos;
    if (name == "application/xml") return begins.starts_with('<');
    return name == "message/rfc822" && begins.substr(0, begins.find('\n')).find(':') != begins.npos;
}

// Types of files that are of another type by their first bytes.
bool is_within(std::string_view name, std::string_view content, std::string_view head) noexcept {
    if (content == "application/zip")
        return name.starts_with("application/vnd.openxmlformats-") && head.find("[Content_Types].xml") != head.npos;
    return content == "application/x-ole-storage" &&
           (name == "application/msword" || name.starts_with("application/vnd.ms-"));
}

}  // namespace

const evidence_type* find_evidence_type(std::string_view name) noexcept {
    const auto found =
        std::find_if(aliases.begin(), aliases.end(), [&](const alias& each) { return each.given == name; });
    return named(found == aliases.end() ? name : found->name);
}

std::string evidence_type_names() {
    std::string all;
    for (const evidence_type& each : types) all.append(all.empty() ? "" : ", ").append(each.name);
    return all;
}

const evidence_type& type_of_content(std::string_view head, bool is_text) noexcept {
    const auto found = std::find_if(signatures.begin(), signatures.end(), [&](const signature& each) {
        return has(head, each) && !(is_text && each.is_weak);
    });
    if (found != signatures.end()) return *named(found->name);
    return *named(is_text || is_utf16(head) ? "text/plain" : bytes_type);
}

const evidence_type* agreed_type(std::string_view declared, std::string_view head, bool is_text) noexcept {
    const evidence_type& content = type_of_content(head, is_text);
    if (declared.empty() || declared == bytes_type) return &content;
    const evidence_type* const wanted = find_evidence_type(declared);
    if (wanted == nullptr) return nullptr;
    const bool agrees = wanted == &content || is_within(wanted->name, content.name, head) ||
                        (content.name == "text/plain" && may_be(wanted->name, head));
    return agrees ? wanted : nullptr;
}

}  // namespace carrel::siem
