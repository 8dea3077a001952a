#include "cli/text_source.hpp"

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

namespace carrel::cli {
namespace {

constexpr std::size_t read_bytes = 256u << 10;

error system_failure(int number, const std::string& path) {
    return error(error_code(number, boost::system::system_category()), path);
}

}  // namespace

void text_source::closer::operator()(gzFile_s* file) const noexcept { ::gzclose_r(file); }

result<text_source> text_source::open(const std::string& path) {
    const int fd = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_failure(errno, path);
    struct stat about {};
    ::fstat(fd, &about);
    if (S_ISDIR(about.st_mode)) {
        ::close(fd);
        return system_failure(EISDIR, path);
    }
    gzFile file = ::gzdopen(fd, "rb");
    if (file == nullptr) {
        ::close(fd);
        return system_failure(ENOMEM, path);
    }
    ::gzbuffer(file, read_bytes);
    return text_source(path, file, S_ISREG(about.st_mode) ? about.st_size : 0);
}

result<bool> text_source::append_to(std::string& into, std::size_t bytes) {
    const auto before = into.size();
    into.resize(before + bytes);
    const int got = ::gzread(file_.get(), into.data() + before, static_cast<unsigned>(bytes));
    into.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    if (got > 0) return true;
    int failure = Z_OK;
    const char* text = ::gzerror(file_.get(), &failure);
    if (failure == Z_OK || failure == Z_STREAM_END) return false;
    if (failure == Z_ERRNO) return system_failure(errno, path_);
    return error(error_code(EBADMSG, boost::system::generic_category()), path_ + ": " + text);
}

double text_source::fraction() const {
    if (size_ <= 0) return 0;
    return static_cast<double>(::gzoffset(file_.get())) / static_cast<double>(size_);
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
        auto more = from_.append_to(rest_, read_bytes);
        if (!more) return more.error();
        at_end_ = !*more;
    }
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
