#include "background/feed_fetch.hpp"

#include "archive/gzip.hpp"
#include "archive/read.hpp"
#include "archive/sniff.hpp"
#include "outbound/fetch.hpp"
#include "outbound/git_clone.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace carrel::siem {

namespace {

namespace fs = std::filesystem;
using base::failure;
using base::outcome;

constexpr archive::limits bounds;
constexpr std::size_t left_out_max = 50;

class file_taker {
public:
    file_taker(const feed_source& from, fetched_source& into)
        : from_(from),
          into_(into) {}

    bool wants(const std::string& name) const {
        return (from_.include_paths.empty() || is_among(from_.include_paths, name)) &&
               !is_among(from_.exclude_paths, name) && (!from_.takes_file || from_.takes_file(name));
    }
    /// What a source is by itself: a text, or files in an archive.
    outcome<void> take(const std::string& name, std::string_view bytes) {
        switch (archive::sniff(bytes)) {
            case archive::kind::tar:
            case archive::kind::tar_gz:
            case archive::kind::zip: return unpack(name, bytes);
            case archive::kind::gzip: {
                auto text = archive::unpack_gzip(bytes, bounds.entry_bytes_max);
                if (!text) return failure{name, ": ", text.error().text};
                return add(name, std::move(*text));
            }
            default: return add(name, std::string(bytes));
        }
    }
    outcome<void> add(std::string name, std::string bytes) {
        into_.bytes += bytes.size();
        if (into_.bytes > bounds.bytes_max)
            return failure{"the files have more than ", std::to_string(bounds.bytes_max), " bytes"};
        if (into_.files.size() >= bounds.entries_max)
            return failure{"there are more than ", std::to_string(bounds.entries_max), " files"};
        into_.files.push_back({std::move(name), std::move(bytes)});
        return {};
    }
    void leave_out(std::string what) {
        if (into_.left_out.size() < left_out_max) into_.left_out.push_back(std::move(what));
    }

private:
    outcome<void> unpack(const std::string& name, std::string_view bytes) {
        outcome<void> going;
        const auto read = archive::read(bytes, bounds, [&](const archive::entry& each) {
            if (going && wants(std::string(each.name))) going = add(std::string(each.name), std::string(each.bytes));
        });
        if (!read) return failure{"the archive ", name, " is refused: ", read.error().text};
        return going;
    }

    const feed_source& from_;
    fetched_source& into_;
};

// The bytes of a regular file that is no link. It is looked at once it is open: a path may name another file by then.
outcome<std::string> read_file(const fs::path& path, const std::string& name) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const auto failed = [&] { return failure{"the file ", name, " cannot be read: ", std::strerror(errno)}; };
    if (number < 0) return failed();
    struct closer {
        int number;
        ~closer() { ::close(number); }
    } const at_end{number};
    struct stat about {};
    if (::fstat(number, &about) != 0) return failed();
    if (!S_ISREG(about.st_mode)) return failure{"the file ", name, " is no regular file"};
    if (static_cast<std::uintmax_t>(about.st_size) > bounds.bytes_max)
        return failure{"the file ", name, " has more than ", std::to_string(bounds.bytes_max), " bytes"};
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(number, bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed();
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

// The files below a folder, in the order of their names. Links are left out: they may lead anywhere.
outcome<void> take_tree(const fs::path& root, file_taker& into, const std::stop_token& stop) {
    std::vector<fs::path> found;
    std::error_code ec;
    for (fs::recursive_directory_iterator each(root, ec), end; !ec && each != end; each.increment(ec)) {
        if (stop.stop_requested()) return failure{"cancelled"};
        std::error_code gone;
        const auto about = each->symlink_status(gone);
        const std::string name = each->path().lexically_relative(root).generic_string();
        if (name == ".git") each.disable_recursion_pending();
        else if (fs::is_symlink(about)) into.leave_out(name + " is a link");
        else if (fs::is_regular_file(about) && into.wants(name)) found.push_back(each->path());
        if (found.size() > bounds.entries_max)
            return failure{"there are more than ", std::to_string(bounds.entries_max), " files"};
    }
    if (ec) return failure{"the folder cannot be read: ", ec.message()};
    std::sort(found.begin(), found.end());
    for (const fs::path& each : found) {
        if (stop.stop_requested()) return failure{"cancelled"};
        const std::string name = each.lexically_relative(root).generic_string();
        auto bytes = read_file(each, name);
        if (!bytes) return bytes.error();
        if (bytes->size() > bounds.entry_bytes_max)
            return failure{"the file ", name, " has more than ", std::to_string(bounds.entry_bytes_max), " bytes"};
        if (auto taken = into.add(name, std::move(*bytes)); !taken) return taken;
    }
    return {};
}

// A path below a folder, with no link on the way that leads out of it.
outcome<fs::path> path_below(const fs::path& root, const std::string& path) {
    std::error_code ec;
    const fs::path top = fs::canonical(root, ec);
    if (ec) return failure{"the directory of feeds cannot be read: ", ec.message()};
    const fs::path found = fs::canonical(top / fs::path(path).relative_path(), ec);
    if (ec) return failure{"the path ", path, " cannot be read: ", ec.message()};
    const auto [end, ignored] = std::mismatch(top.begin(), top.end(), found.begin(), found.end());
    if (end != top.end()) return failure{"the path ", path, " leads out of its directory"};
    return found;
}

outcome<void> take_path(const fs::path& root, const std::string& path, file_taker& into, const std::stop_token& stop) {
    const auto found = path_below(root, path);
    if (!found) return found.error();
    std::error_code ec;
    if (fs::is_directory(*found, ec)) return take_tree(*found, into, stop);
    auto bytes = read_file(*found, found->filename().string());
    if (!bytes) return bytes.error();
    return into.take(found->filename().string(), *bytes);
}

outcome<void> take_http(const feed_source& from, const outbound_settings& settings, const std::stop_token& stop,
                        fetched_source& made) {
    outbound::request ask{.url = from.url};
    if (!from.header_name.empty()) ask.fields.push_back({from.header_name, from.header_value});
    if (!from.etag.empty()) ask.fields.push_back({"If-None-Match", from.etag});
    if (!from.last_modified.empty()) ask.fields.push_back({"If-Modified-Since", from.last_modified});
    auto answer = outbound::fetch(ask, settings.feeds, stop);
    if (!answer) return answer.error();
    if (answer->status == 304 && (!from.etag.empty() || !from.last_modified.empty())) {
        made.is_unchanged = true;
        return {};
    }
    if (answer->status != 200) return failure{"the answer has the status ", std::to_string(answer->status)};
    made.etag = answer->field("etag");
    made.last_modified = answer->field("last-modified");
    const std::string path = from.url.substr(0, from.url.find('?'));
    return file_taker(from, made).take(path.substr(path.rfind('/') + 1), answer->body);
}

outcome<void> take_git(const feed_source& from, const outbound_settings& settings, const std::stop_token& stop,
                       fetched_source& made) {
    const auto clone = outbound::clone_git({.url = from.url, .branch = from.branch}, settings.feeds,
                                           {.allow_files = settings.may_clone_files, .directory = {}}, stop);
    if (!clone) return clone.error();
    made.etag = clone->commit();
    made.is_unchanged = made.etag == from.etag;
    if (made.is_unchanged) return {};
    file_taker taker(from, made);
    return take_path(clone->tree(), from.path, taker, stop);
}

outcome<void> take_files(const feed_source& from, const outbound_settings& settings, const std::stop_token& stop,
                         fetched_source& made) {
    if (settings.feeds_directory.empty()) return failure{"this server has no directory of feeds"};
    file_taker taker(from, made);
    return take_path(settings.feeds_directory, from.path, taker, stop);
}

}  // namespace

bool is_among(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](std::string pattern) {
        while (pattern.ends_with('/')) pattern.pop_back();
        return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 || name.starts_with(pattern + "/");
    });
}

outcome<fetched_source> fetch_source(const feed_source& from, const outbound_settings& settings,
                                     const std::stop_token& stop) try {
    fetched_source made;
    outcome<void> done;
    switch (from.type) {
        case source_type::git: done = take_git(from, settings, stop, made); break;
        case source_type::http: done = take_http(from, settings, stop, made); break;
        case source_type::filesystem: done = take_files(from, settings, stop, made); break;
    }
    if (!done) return done.error();
    return made;
} catch (const std::bad_alloc&) {
    return failure{"there is not enough memory for the feed"};
} catch (const std::exception&) {
    return failure{"the feed could not be read: the system refused what it takes"};
}

}  // namespace carrel::siem
