#include "cli/resume_file.hpp"

#include "json/reader.hpp"
#include "json/writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace carrel::cli {
namespace {

namespace bj = boost::json;

error system_failure(const std::string& path) {
    return error(error_code(errno, boost::system::system_category()), path);
}

error not_ours(const std::string& path) {
    return error(error_code(EPROTO, boost::system::generic_category()), path + " is not a file of --resume");
}

std::string text_at(const bj::object& from, const char* key) {
    const auto* found = from.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::int64_t number_at(const bj::object& from, const char* key) {
    const auto* found = from.if_contains(key);
    return found != nullptr && found->is_int64() ? found->as_int64() : -1;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0;
}

}  // namespace

result<resume_file> resume_file::open(std::string path) {
    resume_file made(std::move(path));
    std::error_code ec;
    if (!std::filesystem::exists(made.path_, ec)) return made;
    if (!std::filesystem::is_regular_file(made.path_, ec)) return not_ours(made.path_);
    std::ifstream file(made.path_, std::ios::binary);
    if (!file) return system_failure(made.path_);
    if (auto done = made.read({std::istreambuf_iterator<char>(file), {}}); !done) return done.error();
    return made;
}

result<void> resume_file::read(const std::string& text) {
    json::reader reader;
    json::parse_failure failure;
    const auto* value = reader.parse(text, failure);
    const auto* object = value != nullptr ? value->if_object() : nullptr;
    const auto* list = object != nullptr ? object->if_contains("files") : nullptr;
    if (list == nullptr || !list->is_array()) return not_ours(path_);
    run = text_at(*object, "run");
    target = text_at(*object, "target");
    for (const auto& each : list->get_array()) {
        if (!each.is_object()) return not_ours(path_);
        const auto& of = each.get_object();
        const file_mark mark{number_at(of, "position"), number_at(of, "line"), text_at(of, "sha256")};
        if (text_at(of, "file").empty() || mark.position < 0 || mark.line < 1) return not_ours(path_);
        files_[text_at(of, "file")] = mark;
    }
    return {};
}

const file_mark* resume_file::find(const std::string& file) const {
    const auto found = files_.find(file);
    return found == files_.end() ? nullptr : &found->second;
}

std::string resume_file::text() const {
    std::string made;
    json::writer out(made);
    out.begin_object().key("run").string(run).key("target").string(target).key("files").begin_array();
    for (const auto& [file, mark] : files_) {
        out.begin_object().key("file").string(file).key("position").integer(mark.position);
        out.key("line").integer(mark.line).key("sha256").string(mark.digest).end_object();
    }
    out.end_array().end_object();
    return made.append("\n");
}

result<void> resume_file::save(const std::string& file, const file_mark& to) {
    files_[file] = to;
    const std::string fresh = path_ + ".new";
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return system_failure(fresh);
    const bool is_written = write_all(fd, text());
    const int number = errno;
    ::close(fd);
    errno = number;
    if (!is_written || std::rename(fresh.c_str(), path_.c_str()) != 0) return system_failure(fresh);
    return {};
}

}  // namespace carrel::cli
