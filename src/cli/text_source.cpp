#include "cli/text_source.hpp"

#include "base/inflater.hpp"
#include "base/zstd_unpacker.hpp"

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace carrel::cli {
namespace {

constexpr std::size_t read_bytes = 256u << 10;
constexpr std::size_t magic_bytes = 4;  // that tell how a file is packed

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
    while (packed_.size() < magic_bytes) {
        auto more = read_more();
        if (!more) return more.error();
        if (!*more) break;
    }
    if (base::inflater::is_gzip(packed_)) unpacker_ = std::make_unique<base::inflater>();
    if (base::zstd_unpacker::is_zstd(packed_))
        unpacker_ = std::make_unique<base::zstd_unpacker>(base::zstd_unpacker::window_log_long);
    recognised_ = true;
    return {};
}

result<bool> text_source::append_to(std::string& into) {
    if (!recognised_)
        if (auto done = recognise(); !done) return done.error();
    for (;;) {
        auto rest = std::string_view(packed_).substr(packed_at_);
        if (!unpacker_ && !rest.empty()) {
            into.append(rest);
            packed_at_ = packed_.size();
            return true;
        }
        if (unpacker_) {
            const auto unpacked = unpacker_->step(rest);
            packed_at_ = packed_.size() - rest.size();
            into.append(unpacked);
            if (unpacker_->is_broken()) return bad_data(unpacker_->why());
            if (!unpacked.empty()) return true;
        }
        auto more = read_more();
        if (!more) return more.error();
        if (*more) continue;
        if (unpacker_ && !unpacker_->is_complete())
            return bad_data(unpacker_->name() == "gzip" ? "ends before its gzip data does"
                                                        : "ends before its zstd data does");
        return false;
    }
}

double text_source::fraction() const {
    if (size_ <= 0) return 0;
    return static_cast<double>(taken_) / static_cast<double>(size_);
}

}  // namespace carrel::cli
