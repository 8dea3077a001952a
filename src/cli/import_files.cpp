#include "cli/import_files.hpp"

#include "archive/write.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

namespace carrel::cli {
namespace {

namespace fs = std::filesystem;

error bad(std::string why) { return error(error_code(EBADMSG, boost::system::generic_category()), std::move(why)); }

error system_error(int code, const std::string& path) {
    return error(error_code(code, boost::system::system_category()), path);
}

result<std::string> read_all(std::istream& from, const std::string& path, std::size_t bytes_max) {
    std::string all;
    constexpr std::size_t step = 1u << 20;
    while (from.good() && all.size() <= bytes_max) {
        const std::size_t size = all.size();
        all.resize(size + step);
        from.read(all.data() + size, step);
        all.resize(size + static_cast<std::size_t>(from.gcount()));
    }
    if (from.bad()) return system_error(EIO, path);
    if (all.size() > bytes_max) return bad(path + " has more than " + std::to_string(bytes_max >> 20) + " MiB");
    return all;
}

result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return system_error(errno != 0 ? errno : EIO, path);
    return read_all(file, path, bytes_max);
}

bool ends_in(std::string_view name, std::span<const std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view each) { return name.ends_with(each); });
}

// In the order of their names, so that the same directory is the same archive.
result<std::vector<std::string>> files_below(const std::string& path, std::span<const std::string_view> endings) {
    std::vector<std::string> found;
    std::error_code ec;
    for (fs::recursive_directory_iterator each(path, ec), end; !ec && each != end; each.increment(ec)) {
        std::error_code of_file;
        const bool is_file = fs::is_regular_file(each->symlink_status(of_file));
        if (is_file && ends_in(each->path().native(), endings)) found.push_back(each->path().native());
    }
    if (ec) return system_error(ec.value(), path);
    std::sort(found.begin(), found.end());
    return found;
}

result<std::string> pack_directory(const std::string& path, std::span<const std::string_view> endings) {
    auto found = files_below(path, endings);
    if (!found) return found.error();
    if (found->empty()) return bad(path + " has no file that ends in " + std::string(endings.front()));
    const archive::limits bounds;
    if (found->size() > bounds.entries_max)
        return bad(path + " has more than " + std::to_string(bounds.entries_max) + " files");
    std::size_t bytes = 0;
    std::vector<std::string> names, texts;
    for (const std::string& each : *found) {
        auto text = read_file(each, bounds.entry_bytes_max);
        if (!text) return text.error();
        bytes += text->size();
        if (bytes > bounds.bytes_max)
            return bad(path + " has more than " + std::to_string(bounds.bytes_max >> 20) + " MiB");
        names.push_back(fs::path(each).lexically_relative(path).generic_string());
        texts.push_back(std::move(*text));
    }
    std::vector<archive::entry> entries;
    for (std::size_t i = 0; i < names.size(); ++i) entries.push_back({names[i], texts[i]});
    auto packed = archive::write_tar_gz(entries, std::chrono::sys_seconds());
    if (!packed) return bad(path + ": " + packed.error().text);
    if (packed->size() > import_bytes_max) return bad(path + " has more than can be sent at once");
    return std::move(*packed);
}

}  // namespace

result<void> check_import_file(const std::string& path, std::span<const std::string_view> endings) {
    if (path == "-") return {};
    std::error_code ec;
    const bool is_directory = fs::is_directory(path, ec);
    if (is_directory && endings.empty()) return system_error(EISDIR, path);
    errno = 0;
    if (is_directory || std::ifstream(path, std::ios::binary)) return {};
    return system_error(errno != 0 ? errno : EIO, path);
}

result<std::string> read_import_file(const std::string& path, std::span<const std::string_view> endings) {
    if (auto known = check_import_file(path, endings); !known) return known.error();
    if (path == "-") return read_all(std::cin, "stdin", import_bytes_max);
    std::error_code ec;
    return fs::is_directory(path, ec) ? pack_directory(path, endings) : read_file(path, import_bytes_max);
}

}  // namespace carrel::cli
