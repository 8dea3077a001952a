#include "commit_archive/catalogue.hpp"

#include "base/time.hpp"
#include "commit_archive/block_reader.hpp"
#include "commit_archive/file.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace carrel::commits {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t generation_digits = 8, serial_digits = 8, sequence_digits = 20;

template <class T>
std::optional<T> number_in(std::string_view text, std::size_t digits) {
    T value = 0;
    if (text.size() != digits) return std::nullopt;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<commits_file> commits_file_from(const fs::path& path) {
    commits_file found{path.string(), 0, 0, false};
    std::string name = path.filename().string();
    if (name.ends_with(open_suffix)) {
        found.is_open = true;
        name.resize(name.size() - std::string_view(open_suffix).size());
    }
    if (!name.ends_with(commits_suffix)) return std::nullopt;
    name.resize(name.size() - std::string_view(commits_suffix).size());
    if (name.size() != serial_digits + 1 + sequence_digits) return std::nullopt;
    const auto serial = number_in<std::uint32_t>(std::string_view(name).substr(0, serial_digits), serial_digits);
    const auto first = number_in<std::uint64_t>(std::string_view(name).substr(serial_digits + 1), sequence_digits);
    if (!serial || !first) return std::nullopt;
    found.serial = *serial;
    found.first_sequence = *first;
    return found;
}

result<base_file> base_from(const std::string& path) {
    constexpr std::size_t description_bytes_max = 64 * 1024;
    const auto text = read_whole(path, description_bytes_max);
    if (!text) return text.error();
    base_file found;
    try {
        const auto value = json::parse(*text);
        const auto& object = value.as_object();
        found.sequence = object.at("sequence").to_number<std::uint64_t>();
        const auto time = siem::parse_time(object.at("time").as_string());
        found.bytes = object.at("bytes").to_number<std::uint64_t>();
        found.page_bytes = object.at("page_bytes").to_number<std::uint64_t>();
        found.sha256 = object.at("sha256").as_string();
        if (object.at("format").to_number<int>() != 1 || !time) throw std::invalid_argument("format");
        found.time = *time;
    } catch (const std::exception&) {
        return error(make_error_code(sqlite_errc::corrupt), path + " does not describe a base");
    }
    found.path = path.substr(0, path.size() - std::string_view(".json").size());
    return found;
}

result<void> read_generation(generation& into) {
    std::error_code ec;
    for (fs::directory_iterator each(into.path, ec), end; !ec && each != end; each.increment(ec)) {
        const std::string name = each->path().filename().string();
        if (auto file = commits_file_from(each->path())) into.files.push_back(std::move(*file));
        if (!name.starts_with("base-") || !name.ends_with(".json")) continue;
        auto found = base_from(each->path().string());
        if (!found) return found.error();
        into.bases.push_back(std::move(*found));
    }
    if (ec) return system_failure(into.path, ec.value());
    // One that gets its name meanwhile may be seen under both.
    std::ranges::sort(into.files, [](const auto& a, const auto& b) {
        return std::pair(a.serial, a.is_open) < std::pair(b.serial, b.is_open);
    });
    const auto same = std::unique(into.files.begin(), into.files.end(),
                                  [](const auto& a, const auto& b) { return a.serial == b.serial; });
    into.files.erase(same, into.files.end());
    if (!into.files.empty() && into.files.back().is_open) {
        const auto begun = has_begun(into.files.back().path);
        if (!begun) return begun.error();
        if (!*begun) into.not_begun = into.files.back().path;
        if (!*begun) into.files.pop_back();
    }
    std::ranges::sort(into.bases, {}, &base_file::sequence);
    if (const auto why = read_whole(into.path + "/" + ended_name, 4096)) into.ended = *why;
    return {};
}

// Visits the commits of a file, up to where it is cut. Of a file that is written a block may be torn behind a sound header.
template <class Visit>
result<void> each_commit(const commits_file& in, Visit visit) {
    auto reader = block_reader::open(in.path);
    if (!reader) return reader.error();
    for (;;) {
        const auto found = in.is_open ? reader->next() : reader->skim();
        if (!found) return in.is_open ? result<void>() : result<void>(found.error());
        if (!*found) return {};
        for (const auto& one : (*found)->commits) visit(one);
    }
}

}  // namespace

std::string generation_path(const std::string& directory, std::uint32_t generation) {
    char name[16];
    std::snprintf(name, sizeof name, "%08u", generation);
    return directory + "/" + name;
}

std::string commits_name(std::uint32_t serial, std::uint64_t first_sequence) {
    char name[48];
    std::snprintf(name, sizeof name, "%08u-%020llu", serial, static_cast<unsigned long long>(first_sequence));
    return std::string(name) + commits_suffix;
}

std::string base_name(std::uint64_t sequence) {
    char name[40];
    std::snprintf(name, sizeof name, "base-%020llu", static_cast<unsigned long long>(sequence));
    return name;
}

result<std::vector<generation>> read_catalogue(const std::string& directory) {
    std::vector<generation> all;
    std::error_code ec;
    for (fs::directory_iterator each(directory, ec), end; !ec && each != end; each.increment(ec)) {
        const auto number = number_in<std::uint32_t>(each->path().filename().string(), generation_digits);
        if (number) all.push_back({*number, each->path().string(), {}, {}, {}, {}});
    }
    if (ec) return system_failure(directory, ec.value());
    std::ranges::sort(all, {}, &generation::number);
    for (auto& each : all)
        if (auto read = read_generation(each); !read) return read.error();
    return all;
}

std::string described(const base_file& one) {
    return json::serialize(json::object{{"format", 1},
                                        {"sequence", one.sequence},
                                        {"time", siem::format_time(one.time)},
                                        {"bytes", one.bytes},
                                        {"page_bytes", one.page_bytes},
                                        {"sha256", one.sha256}}) +
           "\n";
}

result<std::optional<commit>> last_commit(const generation& of) {
    std::optional<commit> last;
    for (auto each = of.files.rbegin(); each != of.files.rend() && !last; ++each) {
        if (auto read = each_commit(*each, [&](const commit& one) { last = one; }); !read) return read.error();
        if (last || each + 1 != of.files.rend()) continue;
        const auto reader = block_reader::open(each->path);
        if (!reader) return reader.error();
        last = commit{reader->header().sequence, reader->header().time, 0, 0, 0};
    }
    return last;
}

// Of the last commit that has the number: those that mark the file repeat it.
result<std::optional<std::int64_t>> time_of(const generation& in, std::uint64_t sequence) {
    std::optional<std::int64_t> time;
    for (const auto& each : in.files) {
        const auto reader = block_reader::open(each.path);
        if (!reader) return reader.error();
        if (reader->header().sequence > sequence) break;
        if (reader->header().sequence == sequence) time = reader->header().time;
        auto read = each_commit(each, [&](const commit& one) {
            if (one.sequence == sequence) time = one.time;
        });
        if (!read) return read.error();
    }
    return time;
}

// One that begins with the very commit will not do: commits that mark the file repeat a sequence, and may be in the one before.
std::optional<std::size_t> first_file_after(const generation& in, std::uint64_t sequence) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < in.files.size(); ++i) {
        const auto before = in.files[i].first_sequence - 1;
        if (before < sequence || (before == sequence && !found)) found = i;
    }
    return found;
}

}  // namespace carrel::commits
