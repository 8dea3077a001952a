#include "archive/write.hpp"

#include "archive/entry_name.hpp"
#include "archive/handles.hpp"
#include "archive/zip_fields.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace carrel::archive {
namespace {

using base::failure;
using std::chrono::sys_seconds;

la_ssize_t append(::archive* handle, void* out, const void* bytes, std::size_t size) {
    try {
        static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    } catch (const std::bad_alloc&) {
        archive_set_error(handle, ENOMEM, "not enough memory for the archive");
        return -1;
    }
}

failure broken(::archive* handle) {
    const char* said = archive_error_string(handle);
    return {said == nullptr ? "the archive cannot be written" : said};
}

base::outcome<void> add(::archive* handle, const entry& each, sys_seconds changed) {
    if (const auto fault = name_fault(each.name); !fault.empty())
        return failure{"the entry '" + shown_name(each.name) + "' " + std::string(fault)};
    const entry_handle about(archive_entry_new());
    if (!about) throw std::bad_alloc();
    archive_entry_set_pathname(about.get(), std::string(each.name).c_str());
    archive_entry_set_filetype(about.get(), AE_IFREG);
    archive_entry_set_perm(about.get(), 0644);
    archive_entry_set_size(about.get(), static_cast<la_int64_t>(each.bytes.size()));
    archive_entry_set_mtime(about.get(), static_cast<time_t>(changed.time_since_epoch().count()), 0);
    if (archive_write_header(handle, about.get()) != ARCHIVE_OK) return broken(handle);
    const auto written = archive_write_data(handle, each.bytes.data(), each.bytes.size());
    if (written < 0 || static_cast<std::size_t>(written) != each.bytes.size()) return broken(handle);
    return {};
}

// `made` has its format and filter.
base::outcome<std::string> write(write_handle made, std::span<const entry> files, sys_seconds changed) {
    const utf8_locale names;
    std::string out;
    const write_handle handle = std::move(made);  // its end may write once more, and so comes before that of `out`
    archive_write_set_bytes_per_block(handle.get(), 0);
    if (archive_write_open(handle.get(), &out, nullptr, append, nullptr) != ARCHIVE_OK) return broken(handle.get());
    for (const auto& each : files)
        if (auto added = add(handle.get(), each, changed); !added) return added.error();
    if (archive_write_close(handle.get()) != ARCHIVE_OK) return broken(handle.get());
    return out;
}

write_handle new_handle() {
    write_handle handle(archive_write_new());
    if (!handle) throw std::bad_alloc();
    return handle;
}

// The time as DOS has it: years from 1980 to 2107, and steps of two seconds.
std::string dos_time(sys_seconds at) {
    using namespace std::chrono;
    at = std::clamp(at, sys_seconds(sys_days(year(1980) / 1 / 1)), sys_seconds(sys_days(year(2107) / 12 / 31)));
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss time(at - day);
    const auto low =
        static_cast<unsigned>(time.hours().count() << 11 | time.minutes().count() << 5 | time.seconds().count() / 2);
    const auto high = static_cast<unsigned>(static_cast<int>(date.year()) - 1980) << 9 |
                      static_cast<unsigned>(date.month()) << 5 | static_cast<unsigned>(date.day());
    std::string bytes;
    for (const unsigned value : {low & 255, low >> 8, high & 255, high >> 8}) bytes.push_back(static_cast<char>(value));
    return bytes;
}

// libarchive writes DOS times in the zone of the machine, and so other bytes in another zone.
void set_times(std::string& zipped, sys_seconds changed) {
    const auto time = dos_time(changed);
    const auto end = zip::read_end(zipped, zipped.size() - zip::end_bytes);
    std::size_t at = end.directory_at;
    while (const auto entry = zip::read_central(zipped, at)) {
        zipped.replace(at + zip::central_time_at, time.size(), time);
        zipped.replace(entry->local_at + zip::local_time_at, time.size(), time);
        at += entry->bytes;
    }
}

}  // namespace

base::outcome<std::string> write_tar_gz(std::span<const entry> files, sys_seconds changed) {
    auto handle = new_handle();
    archive_write_set_format_pax_restricted(handle.get());
    archive_write_add_filter_gzip(handle.get());
    archive_write_set_filter_option(handle.get(), "gzip", "timestamp", nullptr);
    return write(std::move(handle), files, changed);
}

base::outcome<std::string> write_zip(std::span<const entry> files, sys_seconds changed) {
    constexpr std::size_t entries_max = 65'534;
    constexpr std::size_t bytes_max = std::size_t{2} << 30;
    std::size_t bytes = 0;
    for (const auto& each : files) bytes += each.bytes.size() + each.name.size();
    if (bytes > bytes_max)
        return failure{"a zip holds up to 2 GiB of files; these are " + std::to_string(bytes) + " bytes"};
    if (files.size() > entries_max)
        return failure{"a zip holds up to " + std::to_string(entries_max) + " files; these are " +
                       std::to_string(files.size())};
    auto handle = new_handle();
    archive_write_set_format_zip(handle.get());
    auto zipped = write(std::move(handle), files, changed);
    if (zipped) set_times(*zipped, changed);
    return zipped;
}

}  // namespace carrel::archive
