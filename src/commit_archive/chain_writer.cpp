#include "commit_archive/chain_writer.hpp"

#include "commit_archive/block_reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>

namespace carrel::commits {

using clock = std::chrono::steady_clock;

result<chain_writer> chain_writer::begin(const std::string& directory, std::uint32_t generation, std::size_t page_bytes,
                                         const position& from) {
    chain_writer made;
    made.path_ = generation_path(directory, generation);
    made.generation_ = generation;
    made.page_bytes_ = page_bytes;
    made.at_ = from;
    if (::mkdir(made.path_.c_str(), 0700) != 0) return system_failure(made.path_, errno);
    auto ready = made.open_file();
    // Where in the log it begins is in a block without a commit, so that it can be gone on with before it has one.
    if (ready && from.run) ready = made.append({{}, {}, from});
    made.begun_length_ = made.length_;
    // A base may come before the first block, and is of no use without what says where the generation begins.
    if (ready) ready = made.sync_file();
    if (ready) ready = sync_directory(directory);
    made.reached_ = {{made.at_, made.chain_}};
    if (ready) return made;
    if (made.current_.is_open()) ::unlink(made.current_.path().c_str());
    ::rmdir(made.path_.c_str());
    return ready.error();
}

// The first block's file is made with it, so that an idle server makes none.
result<void> chain_writer::open_file() {
    file_header header;
    header.generation = generation_;
    header.serial = serial_ + 1;
    header.page_bytes = static_cast<std::uint32_t>(page_bytes_);
    header.sequence = at_.sequence;
    header.time = at_.time;
    header.first_page = at_.first_page;
    header.before = chain_;
    const auto bytes = written(header);
    const auto path = path_ + "/" + commits_name(header.serial, at_.sequence + 1) + open_suffix;
    auto made = file::create(path);
    if (!made) {
        const int number = made.error().code().value();
        is_displaced_ = number == ENOENT || number == EEXIST;
        return made.error();
    }
    auto done = made->write(0, bytes);
    if (done) done = sync_directory(path_);
    if (!done) {
        ::unlink(path.c_str());
        return done;
    }
    current_ = std::move(*made);
    serial_ = header.serial;
    length_ = begun_length_ = bytes.size();
    synced_ = 0;
    bytes_written_ += bytes.size();
    file_begun_ = clock::now();
    return {};
}

result<void> chain_writer::append(const gathered& what) {
    if (!current_.is_open())
        if (auto opened = open_file(); !opened) return opened;
    block_head head;
    head.run = *what.after.run;
    head.first_frame = at_.frames;
    head.unsynced_bytes = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(length_ - synced_, std::numeric_limits<std::uint32_t>::max()));
    head.before = at_.sum;
    head.after = what.after.sum;
    head.first_page = what.after.first_page;
    // The first block of a run begins where the run does, whatever came before.
    if (!at_.run || !(*at_.run == *what.after.run)) {
        head.first_frame = 0;
        head.before = what.after.run->sum();
    }
    auto chain = chain_;
    const auto bytes = written(head, what.commits, what.frames, chain);
    if (auto put = current_.write(length_, bytes); !put) {
        if (auto cut = current_.truncate(length_); !cut) has_failed_ = true;
        return put;
    }
    chain_ = chain;
    length_ += bytes.size();
    bytes_written_ += bytes.size();
    at_ = what.after;
    reached_.push_back({at_, chain_});
    return {};
}

result<void> chain_writer::sync_file() {
    auto synced = current_.sync();
    if (synced) synced_ = length_;
    else has_failed_ = true;
    return synced;
}

result<void> chain_writer::sync(std::size_t file_bytes, std::chrono::seconds file_time) {
    if (current_.is_open() && synced_ != length_)
        if (auto synced = sync_file(); !synced) return synced;
    // What is written to a file that nobody finds is not archived.
    if (current_.is_open())
        if (auto found = current_.expect_in_place(); !found) {
            is_displaced_ = true;
            return found;
        }
    reached_ = {{at_, chain_}};
    const bool is_due = current_.is_open() && length_ > begun_length_ &&
                        (length_ >= file_bytes || clock::now() - file_begun_ >= file_time);
    return is_due ? close_file() : result<void>();
}

result<void> chain_writer::close_file() {
    if (!current_.is_open()) return {};
    const std::string path = current_.path();
    // A file without a block would share its first sequence, and say nothing. The first one says where the generation begins.
    if (length_ == file_header_bytes && serial_ > 1) {
        current_.close();
        ::unlink(path.c_str());
        --serial_;
        return {};
    }
    if (auto synced = sync_file(); !synced) return synced;
    const auto named = path.substr(0, path.size() - std::string_view(open_suffix).size());
    if (::rename(path.c_str(), named.c_str()) != 0) return system_failure(named, errno);
    if (auto synced = sync_directory(path_); !synced) {
        has_failed_ = true;
        return synced;
    }
    current_.close();
    return {};
}

result<void> chain_writer::end(const std::string& why) {
    if (!has_failed_ && !is_displaced_) (void)close_file();
    return write_whole(path_ + "/" + ended_name, why);
}

namespace {

// Moves a position and a serial on by what a file holds.
result<void> follow(block_reader& reader, position& at) {
    at.sequence = reader.header().sequence;
    at.time = reader.header().time;
    at.first_page = reader.header().first_page;
    for (;;) {
        const auto found = reader.next();
        if (!found) return found.error();
        if (!*found) return {};
        const auto& head = (*found)->head;
        at.run = head.run;
        at.frames = head.first_frame + head.frames;
        at.sum = head.after;
        at.first_page = head.first_page;
        if ((*found)->commits.empty()) continue;
        at.sequence = (*found)->commits.back().sequence;
        at.time = (*found)->commits.back().time;
    }
}

bool has_no_block(const std::string& path) {
    auto reader = block_reader::open(path);
    if (!reader) return false;
    const auto first = reader->next();
    if (first) return !*first;
    const auto torn = reader->is_torn();
    return torn && *torn;
}

// A write that was broken off goes; the file gets its name.
result<void> close_left(const commits_file& left, const block_reader& reader) {
    const auto torn = reader.is_torn();
    if (!torn) return torn.error();
    if (!*torn) return reader.damage("a block is damaged, and sound ones follow it");
    auto opened = file::open_to_change(left.path);
    if (!opened) return opened.error();
    if (auto cut = opened->truncate(reader.position()); !cut) return cut;
    if (auto synced = opened->sync(); !synced) return synced;
    return rename_synced(left.path, left.path.substr(0, left.path.size() - std::string_view(open_suffix).size()));
}

// The beginning of a file that a crash interrupted says nothing that the one before it does not. One that was not there a moment
// ago, while its directory was moved, may be there now with all that it holds.
result<void> remove_not_begun(const std::string& path) {
    if (path.empty() || ::access(path.c_str(), F_OK) != 0) return {};
    const auto begun = has_begun(path);
    if (!begun) return begun.error();
    if (*begun) return system_failure(path, EAGAIN);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_failure(path, errno);
    return {};
}

}  // namespace

result<chain_writer> chain_writer::resume(const generation& from) {
    if (auto removed = remove_not_begun(from.not_begun); !removed) return removed.error();
    if (from.files.empty()) return error(make_error_code(sqlite_errc::corrupt), from.path + " holds no commits");
    const auto& last = from.files.back();
    auto reader = block_reader::open(last.path);
    if (last.is_open && from.files.size() > 1 && has_no_block(last.path)) {
        if (::unlink(last.path.c_str()) != 0) return system_failure(last.path, errno);
        auto without = from;
        without.files.pop_back();
        without.not_begun.clear();
        return resume(without);
    }
    if (!reader) return reader.error();
    chain_writer made;
    made.path_ = from.path;
    made.generation_ = from.number;
    made.serial_ = last.serial;
    made.page_bytes_ = reader->header().page_bytes;
    auto followed = follow(*reader, made.at_);
    if (!followed && !(last.is_open && followed.error() == sqlite_errc::corrupt)) return followed.error();
    if (last.is_open)
        if (auto closed = close_left(last, *reader); !closed) return closed.error();
    made.chain_ = reader->chain();
    // The run of a file without a block is in the one before it, unless that was the first.
    if (!made.at_.run && from.files.size() > 1)
        return error(make_error_code(sqlite_errc::corrupt), last.path + " holds no commits");
    made.reached_ = {{made.at_, made.chain_}};
    return made;
}

// By the digest, which is of all blocks before it; a generation without one by when it began.
bool chain_writer::matches(const state& one) const noexcept {
    return chain_ == one.chain && at_.sequence == one.at.sequence && at_.time == one.at.time;
}

result<void> chain_writer::reopen() {
    current_.close();
    is_displaced_ = true;
    const auto all = read_catalogue(std::filesystem::path(path_).parent_path());
    if (!all) return all.error();
    if (all->empty() || all->back().number != generation_ || !all->back().ended.empty())
        return error(make_error_code(sqlite_errc::corrupt), path_ + " is gone");
    auto found = resume(all->back());
    if (!found) return found.error();
    const auto one = std::ranges::find_if(reached_, [&](const state& each) { return found->matches(each); });
    if (one == reached_.end() || found->page_bytes_ != page_bytes_)
        return error(make_error_code(sqlite_errc::corrupt), path_ + " does not hold what was archived last");
    found->at_ = one->at;
    found->reached_ = {*one};
    found->bytes_written_ = bytes_written_;
    *this = std::move(*found);
    return {};
}

}  // namespace carrel::commits
