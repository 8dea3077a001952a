#include "archive/zip_directory.hpp"

#include "archive/entry_name.hpp"
#include "archive/zip_fields.hpp"

#include <string>

namespace carrel::archive {
namespace {

using base::failure;

constexpr unsigned encrypted = 1u;  // a flag of an entry
constexpr unsigned stored = 0;
constexpr unsigned deflated = 8;

failure about(std::string_view name, std::string_view clause) {
    return {"the entry '" + shown_name(name) + "' " + std::string(clause)};
}

failure cut() { return {"the zip is cut or damaged: its directory is not whole"}; }

// The end record stands last. What else a search from behind might find (a comment that looks like one, a directory of 64
// bits) is refused, so that nothing reads another directory than this.
base::outcome<zip::end_record> find_end(std::string_view bytes) {
    const auto at = bytes.rfind(zip::end_signature);
    if (at == bytes.npos || bytes.size() - at < zip::end_bytes)
        return failure{"the zip is cut: the directory at its end is missing"};
    const auto end = zip::read_end(bytes, at);
    if (at >= zip::locator_bytes && bytes.substr(at - zip::locator_bytes).starts_with(zip::locator_signature))
        return failure{"the zip is in the form for more than 65535 entries or 4 GiB (zip64), which is not taken"};
    if (at + zip::end_bytes + end.comment_bytes != bytes.size()) return cut();
    if (end.directory_at + end.directory_bytes != at || end.disk != 0)
        return failure{"the zip is not one whole file from its first byte to its last"};
    return end;
}

// The header in front of the data must say what the directory says: readers differ in which of the two they believe.
base::outcome<void> check_local(std::string_view bytes, const zip::central_entry& entry) {
    if (entry.local_at > bytes.size() || bytes.size() - entry.local_at < zip::local_bytes) return cut();
    const auto local = zip::read_local(bytes, entry.local_at);
    if (!local.is_one) return about(entry.name, "is not where the directory says");
    if (local.name != entry.name) return about(entry.name, "has another name in front of its data");
    if (local.method != entry.method) return about(entry.name, "has another method in front of its data");
    if ((local.flags & encrypted) != 0) return about(entry.name, "is encrypted");
    return {};
}

base::outcome<void> check_entry(std::string_view bytes, const zip::central_entry& entry) {
    if (const auto fault = name_fault(entry.name); !fault.empty()) return about(entry.name, fault);
    if ((entry.flags & encrypted) != 0) return about(entry.name, "is encrypted");
    if (entry.method != stored && entry.method != deflated)
        return about(entry.name, "is packed by method " + std::to_string(entry.method) + ", which is not taken");
    return check_local(bytes, entry);
}

}  // namespace

base::outcome<std::size_t> check_zip_directory(std::string_view bytes, const limits& bounds) {
    const auto end = find_end(bytes);
    if (!end) return end.error();
    if (end->entries > bounds.entries_max)
        return failure{"the archive has " + std::to_string(end->entries) + " entries; the limit is " +
                       std::to_string(bounds.entries_max)};
    const auto directory = bytes.substr(0, end->directory_at + end->directory_bytes);
    std::size_t at = end->directory_at;
    for (std::size_t i = 0; i < end->entries; ++i) {
        const auto entry = zip::read_central(directory, at);
        if (!entry) return cut();
        if (auto checked = check_entry(bytes, *entry); !checked) return checked.error();
        at += entry->bytes;
    }
    // Readers that walk the directory would find more entries than were counted.
    if (at != directory.size()) return failure{"the zip's directory has more in it than its count of entries says"};
    return end->entries;
}

}  // namespace carrel::archive
