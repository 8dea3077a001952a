#include "archive/read.hpp"

#include "archive/entry_name.hpp"
#include "archive/handles.hpp"
#include "archive/sniff.hpp"
#include "archive/zip_directory.hpp"
#include "base/inflater.hpp"

#include <cerrno>
#include <new>
#include <optional>

namespace carrel::archive {
namespace {

using base::failure;

constexpr std::size_t step_bytes = 64 * 1024;
constexpr std::size_t tar_end_bytes = 1024;           // two blocks of zeros
constexpr std::size_t header_bytes_per_entry = 4096;  // of a tar, beside the bytes of its files

std::string count(std::size_t number) { return std::to_string(number); }

// The bytes of a tar, unpacked on the way if gzip packed them. libarchive's own gzip filter does not look at checksums.
class tar_source {
public:
    tar_source(std::string_view bytes, bool is_packed, std::size_t bytes_max)
        : rest_(bytes),
          bytes_max_(bytes_max) {
        if (is_packed) inflater_.emplace();
    }

    std::string_view next() {
        auto piece = inflater_ ? inflater_->step(rest_) : std::exchange(rest_, {});
        if (inflater_ && inflater_->is_broken()) fault_ = "the archive " + std::string(inflater_->why());
        else if (inflater_ && piece.empty() && !inflater_->is_complete()) fault_ = "the gzip data ends early";
        else if (piece.size() > bytes_max_ - given_)
            fault_ = "the archive has more than " + count(bytes_max_) + " bytes once it is unpacked";
        given_ += piece.size();
        return piece;
    }
    std::size_t given() const noexcept { return given_; }
    const std::string& fault() const noexcept { return fault_; }

    static la_ssize_t read(::archive* handle, void* self, const void** piece) {
        auto& source = *static_cast<tar_source*>(self);
        const auto bytes = source.next();
        *piece = bytes.data();
        if (source.fault_.empty()) return static_cast<la_ssize_t>(bytes.size());
        archive_set_error(handle, EINVAL, "%s", source.fault_.c_str());
        return -1;
    }

private:
    std::string_view rest_;
    std::size_t bytes_max_;
    std::size_t given_ = 0;
    std::optional<base::inflater> inflater_;
    std::string fault_;
};

class walk {
public:
    walk(read_handle handle, const limits& bounds)
        : handle_(std::move(handle)),
          bounds_(bounds) {}

    // The next file, or nothing behind the last one.
    base::outcome<std::optional<entry>> next();
    std::size_t files() const noexcept { return files_; }
    // How far libarchive had come when the last entry was over.
    std::size_t entry_end() const noexcept { return entry_end_; }
    failure broken() const;

private:
    base::outcome<bool> check(archive_entry* about);
    base::outcome<void> read_content(std::size_t declared);
    failure refused(std::string_view clause) const {
        return {"the entry '" + shown_name(name_) + "' " + std::string(clause)};
    }
    std::size_t position() const { return static_cast<std::size_t>(archive_filter_bytes(handle_.get(), 0)); }

    read_handle handle_;
    const limits& bounds_;
    std::string name_;
    std::string content_;
    std::size_t entries_ = 0;
    std::size_t files_ = 0;
    std::size_t made_ = 0;
    std::size_t entry_end_ = 0;
};

failure walk::broken() const {
    const char* said = archive_error_string(handle_.get());
    std::string text = said == nullptr ? "the archive is damaged" : said;
    if (name_.empty()) return {text + " (before the first entry)"};
    return {text + " (at or behind the entry '" + shown_name(name_) + "', which is entry " + count(entries_) + ")"};
}

// Whether an entry is a file; a failure if it must not be in an archive at all.
base::outcome<bool> walk::check(archive_entry* about) {
    if (const auto fault = name_fault(name_); !fault.empty()) return refused(fault);
    if (archive_entry_hardlink(about) != nullptr) return refused("is a link");
    if (archive_entry_is_encrypted(about) != 0) return refused("is encrypted");
    switch (archive_entry_filetype(about)) {
        case AE_IFDIR: return false;
        case AE_IFREG: break;
        case AE_IFLNK: return refused("is a link");
        default: return refused("is neither a file nor a directory");
    }
    if (archive_entry_sparse_count(about) > 0) return refused("is a sparse file");
    if (plain_name(name_).empty()) return refused("has no name");
    return true;
}

base::outcome<void> walk::read_content(std::size_t declared) {
    const auto too_large = [&] { return refused("has more than " + count(bounds_.entry_bytes_max) + " bytes"); };
    if (declared > bounds_.entry_bytes_max) return too_large();
    content_.clear();
    for (;;) {
        const auto before = content_.size();
        content_.resize(before + step_bytes);
        const auto got = archive_read_data(handle_.get(), content_.data() + before, step_bytes);
        content_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0) return broken();
        if (got == 0) break;
        made_ += static_cast<std::size_t>(got);
        if (content_.size() > bounds_.entry_bytes_max) return too_large();
        if (made_ > bounds_.bytes_max)
            return refused("brings the archive beyond " + count(bounds_.bytes_max) + " unpacked bytes");
    }
    return {};
}

base::outcome<std::optional<entry>> walk::next() {
    for (;;) {
        archive_entry* about = nullptr;
        const int rc = archive_read_next_header(handle_.get(), &about);
        if (rc == ARCHIVE_EOF) return std::optional<entry>();
        if (rc != ARCHIVE_OK) return broken();
        if (++entries_ > bounds_.entries_max)
            return failure{"the archive has more than " + count(bounds_.entries_max) + " entries"};
        const char* name = archive_entry_pathname(about);
        name_ = name == nullptr ? "" : name;
        const auto is_file = check(about);
        if (!is_file) return is_file.error();
        const auto declared = archive_entry_size_is_set(about) != 0 ? archive_entry_size(about) : 0;
        if (auto read = read_content(static_cast<std::size_t>(declared)); !read) return read.error();
        entry_end_ = position();
        if (!*is_file) continue;
        ++files_;
        return std::optional<entry>(entry{plain_name(name_), content_});
    }
}

base::outcome<void> hand_over(walk& entries, const std::function<void(const entry&)>& take) {
    for (;;) {
        const auto next = entries.next();
        if (!next) return next.error();
        if (!*next) return {};
        take(**next);
    }
}

read_handle new_handle() {
    read_handle handle(archive_read_new());
    if (!handle) throw std::bad_alloc();
    return handle;
}

base::outcome<std::size_t> read_tar(std::string_view bytes, bool is_packed, const limits& bounds,
                                    const std::function<void(const entry&)>& take) {
    tar_source source(bytes, is_packed, bounds.bytes_max + bounds.entries_max * header_bytes_per_entry);
    auto handle = new_handle();
    archive_read_support_format_tar(handle.get());
    // One tar behind another is one archive: what comes behind the first end would be dropped without a word.
    archive_read_set_format_option(handle.get(), "tar", "read_concatenated_archives", "1");
    auto* const raw = handle.get();
    walk entries(std::move(handle), bounds);
    if (archive_read_open(raw, &source, nullptr, tar_source::read, nullptr) != ARCHIVE_OK) return entries.broken();
    if (auto read = hand_over(entries, take); !read) return read.error();
    if (source.given() < entries.entry_end() + tar_end_bytes)
        return failure{"the tar is cut behind " + count(entries.files()) +
                       " files: the blocks that end it are missing"};
    return entries.files();
}

base::outcome<std::size_t> read_zip(std::string_view bytes, const limits& bounds,
                                    const std::function<void(const entry&)>& take) {
    const auto checked = check_zip_directory(bytes, bounds);
    if (!checked) return checked.error();
    if (*checked == 0) return std::size_t{0};  // libarchive takes an empty zip for none
    auto handle = new_handle();
    archive_read_support_format_zip_seekable(handle.get());
    auto* const raw = handle.get();
    walk entries(std::move(handle), bounds);
    if (archive_read_open_memory(raw, bytes.data(), bytes.size()) != ARCHIVE_OK) return entries.broken();
    if (auto read = hand_over(entries, take); !read) return read.error();
    return entries.files();
}

}  // namespace

base::outcome<std::size_t> read(std::string_view bytes, const limits& bounds,
                                const std::function<void(const entry&)>& take) {
    const utf8_locale names;
    switch (const auto what = sniff(bytes)) {
        case kind::tar: return read_tar(bytes, false, bounds, take);
        case kind::tar_gz: return read_tar(bytes, true, bounds, take);
        case kind::zip: return read_zip(bytes, bounds, take);
        default: return failure{"this is no tar, gzip'd tar or zip, but " + std::string(name_of(what))};
    }
}

base::outcome<std::vector<file>> read_all(std::string_view bytes, const limits& bounds) {
    std::vector<file> files;
    const auto keep = [&files](const entry& each) {
        files.push_back({std::string(each.name), std::string(each.bytes)});
    };
    if (auto done = read(bytes, bounds, keep); !done) return done.error();
    return files;
}

}  // namespace carrel::archive
