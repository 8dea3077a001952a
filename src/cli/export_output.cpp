#include "cli/export_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace carrel::cli {

namespace {

constexpr std::string_view ndjson_start = "{\"id\":\"";
constexpr std::size_t id_size = 36;

std::string part_of(const std::string& path) { return path + ".part"; }

error system_error(const std::string& name) {
    return error(error_code(errno, boost::system::system_category()),
                 name + ": " + std::generic_category().message(errno));
}

error in_use(const std::string& part) { return {errc::database_in_use, "another export writes " + part}; }

// Another run has it locked for as long as it writes, and may have given it its last name meanwhile.
bool is_alone(int descriptor, const std::string& part) {
    struct stat mine {};
    struct stat named {};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
    return ::fstat(descriptor, &mine) == 0 && ::stat(part.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
           mine.st_ino == named.st_ino;
}

error what_is_left(const std::string& part) {
    const int descriptor = ::open(part.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool is_left = descriptor < 0 || is_alone(descriptor, part);
    if (descriptor >= 0) ::close(descriptor);
    if (!is_left) return in_use(part);
    return {error_code(EEXIST, boost::system::system_category()),
            part + " is left of an earlier run; go on with --resume, or remove it"};
}

}  // namespace

result<export_output> export_output::open(const std::string& path, bool is_csv, bool resumes, bool hides_id) {
    if (path.empty()) return export_output({}, STDOUT_FILENO, is_csv, hides_id);
    if (::access(path.c_str(), F_OK) == 0) {
        errno = EEXIST;
        return system_error(path);
    }
    const std::string part = part_of(path);
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | (resumes ? 0 : O_EXCL);
    const int descriptor = ::open(part.c_str(), flags, 0600);
    if (descriptor < 0) return errno == EEXIST ? what_is_left(part) : system_error(part);
    export_output made(path, descriptor, is_csv, hides_id);
    if (!is_alone(descriptor, part)) return in_use(part);
    if (auto taken = made.take_over(); !taken) return taken.error();
    return made;
}

export_output::export_output(export_output&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      is_csv_(other.is_csv_),
      hides_id_(other.hides_id_),
      has_header_(other.has_header_),
      rows_(other.rows_),
      last_id_(std::move(other.last_id_)) {}

export_output::~export_output() {
    if (!path_.empty() && descriptor_ >= 0) ::close(descriptor_);
}

// Reads what an earlier run has written and cuts off a row that is not whole.
result<void> export_output::take_over() {
    std::string rest;
    off_t whole = 0;
    std::string block(1u << 20, '\0');
    for (;;) {
        const ssize_t got = ::read(descriptor_, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(part_of(path_));
        if (got == 0) break;
        rest.append(block, 0, static_cast<std::size_t>(got));
        std::size_t at = 0;
        for (std::size_t end; (end = row_end(std::string_view(rest).substr(at))) != 0; at += end)
            note_row(std::string_view(rest).substr(at, end));
        whole += static_cast<off_t>(at);
        rest.erase(0, at);
    }
    if (::ftruncate(descriptor_, whole) != 0 || ::lseek(descriptor_, whole, SEEK_SET) < 0)
        return system_error(part_of(path_));
    return {};
}

// The size of the row at the front, 0 if it is not whole. A cell in quotes may hold line ends.
std::size_t export_output::row_end(std::string_view text) const {
    if (!is_csv_) {
        const auto end = text.find('\n');
        return end == text.npos ? 0 : end + 1;
    }
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') is_quoted = !is_quoted;
        if (text[i] == '\n' && !is_quoted) return i + 1;
    }
    return 0;
}

void export_output::note_row(std::string_view row) {
    if (is_csv_ && !std::exchange(has_header_, true)) return;
    ++rows_;
    last_id_ = row.substr(is_csv_ ? 0 : ndjson_start.size(), id_size);
}

std::string_view export_output::without_id(std::string_view row, std::string& scratch) const {
    if (!hides_id_) return row;
    if (is_csv_) return row.substr(row.find(',') + 1);
    // `{"id":"…",`
    scratch.assign("{").append(row.substr(ndjson_start.size() + id_size + 2));
    return scratch;
}

result<std::int64_t> export_output::write(std::string_view page) {
    const std::int64_t before = rows_;
    std::string out, scratch;
    bool is_header = is_csv_;
    while (!page.empty()) {
        const std::size_t end = row_end(page);
        if (end == 0) return error(error_code(EPROTO, boost::system::generic_category()), "a row is not whole");
        const std::string_view row = page.substr(0, end);
        page.remove_prefix(end);
        const bool was_written = std::exchange(is_header, false) && has_header_;
        if (was_written) continue;
        out += without_id(row, scratch);
        note_row(row);
    }
    if (auto done = put(out); !done) return done.error();
    return rows_ - before;
}

result<void> export_output::put(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return system_error(path_.empty() ? "stdout" : part_of(path_));
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

result<void> export_output::finish() {
    if (path_.empty()) return {};
    if (::fsync(descriptor_) != 0 || std::rename(part_of(path_).c_str(), path_.c_str()) != 0)
        return system_error(path_);
    return {};
}

}  // namespace carrel::cli
