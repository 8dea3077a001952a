#include "cli/text_source.hpp"

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace carrel::cli {
namespace {

constexpr std::size_t read_bytes = 256u << 10;

error system_failure(int number, const std::string& path) {
    return error(error_code(number, boost::system::system_category()), path);
}

// Not what the file was meant to hold: `what` is all that there is to say.
error bad_data(std::string_view what) {
    return error(error_code(EPROTO, boost::system::generic_category()), std::string(what));
}

}  // namespace

text_source::descriptor::~descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

result<text_source> text_source::open(const std::string& path) {
    descriptor file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return system_failure(errno, path);
    struct stat about {};
    ::fstat(file.get(), &about);
    if (S_ISDIR(about.st_mode)) return system_failure(EISDIR, path);
    return text_source(std::move(file), S_ISREG(about.st_mode) ? about.st_size : 0);
}

// False at the end of the file.
result<bool> text_source::read_more() {
    packed_.erase(0, packed_at_);
    packed_at_ = 0;
    const auto before = packed_.size();
    packed_.resize(before + read_bytes);
    ssize_t got = 0;
    do got = ::read(file_.get(), packed_.data() + before, read_bytes);
    while (got < 0 && errno == EINTR);
    packed_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return system_failure(errno, "reading");
    taken_ += got;
    return got > 0;
}

result<void> text_source::recognise() {
    while (packed_.size() < 2) {
        auto more = read_more();
        if (!more) return more.error();
        if (!*more) break;
    }
    if (base::inflater::is_gzip(packed_)) gzip_ = std::make_unique<base::inflater>();
    recognised_ = true;
    return {};
}

result<bool> text_source::append_to(std::string& into) {
    if (!recognised_)
        if (auto done = recognise(); !done) return done.error();
    for (;;) {
        auto rest = std::string_view(packed_).substr(packed_at_);
        if (!gzip_ && !rest.empty()) {
            into.append(rest);
            packed_at_ = packed_.size();
            return true;
        }
        if (gzip_) {
            const auto unpacked = gzip_->step(rest);
            packed_at_ = packed_.size() - rest.size();
            into.append(unpacked);
            if (gzip_->is_broken()) return bad_data(gzip_->why());
            if (!unpacked.empty()) return true;
        }
        auto more = read_more();
        if (!more) return more.error();
        if (*more) continue;
        if (gzip_ && !gzip_->is_complete()) return bad_data("ends before its gzip data does");
        return false;
    }
}

double text_source::fraction() const {
    if (size_ <= 0) return 0;
    return static_cast<double>(taken_) / static_cast<double>(size_);
}

std::int64_t line_block::lines() const {
    const auto ends = std::count(text.begin(), text.end(), '\n');
    return text.empty() || text.back() == '\n' ? ends : ends + 1;
}

result<bool> line_blocks::next(line_block& into) {
    // What is behind the last line's end waits in `rest_`; more than `bytes_max_` is gathered only for a longer line.
    while (!at_end_ && (rest_.size() < bytes_max_ || rest_.find('\n') == std::string::npos)) {
        if (rest_.size() > line_bytes_max)
            return error(error_code(EMSGSIZE, boost::system::generic_category()), "line " + std::to_string(next_line_));
        auto more = from_.append_to(rest_);
        at_end_ = !more || !*more;
        if (more) continue;
        failure_ = more.error();
        // The end of the last line is missing.
        rest_.erase(rest_.rfind('\n') + 1);
    }
    if (rest_.empty() && failure_) return *failure_;
    if (rest_.empty()) return false;

    auto cut = rest_.rfind('\n', std::max<std::size_t>(bytes_max_, 1) - 1);
    if (at_end_ && rest_.size() <= bytes_max_) cut = rest_.size() - 1;
    else if (cut == std::string::npos) cut = std::min(rest_.find('\n'), rest_.size() - 1);
    into.text.assign(rest_, 0, cut + 1);
    into.first_line = next_line_;
    rest_.erase(0, cut + 1);
    next_line_ += std::count(into.text.begin(), into.text.end(), '\n');
    return true;
}

}  // namespace carrel::cli
