#include "commit_archive/restore.hpp"

#include "base/time.hpp"
#include "commit_archive/base_copy.hpp"
#include "commit_archive/block_reader.hpp"
#include "commit_archive/restore_plan.hpp"
#include "sqlite/copy_facts.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace carrel::commits {
namespace {

namespace fs = std::filesystem;
using base::failure;
using kind = restore_point::kind;

failure failure_of(const error& why) {
    if (why == sqlite_errc::corrupt || why == errc::database_in_use) return {why.diagnostic()};
    return {why.diagnostic(), ": ", why.code().message()};
}

bool is_past(const commit& one, const restore_point& to) {
    if (to.is == kind::latest) return false;
    return to.is == kind::sequence ? one.sequence > to.sequence : one.time > to.time;
}

bool is_there(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

// Another restore may remove the file between its opening and its lock, and make one of its own under the name.
result<void> lock_in_place(const file& under_way, const std::string& path) {
    if (under_way.lock() && under_way.expect_in_place()) return {};
    return error(errc::database_in_use, "another restore writes " + path);
}

// What a restore was killed over; one that goes on has it locked.
result<void> remove_left_over(const std::string& path) {
    if (!is_there(path)) return {};
    const auto left = file::open_to_read(path);
    if (!left) return left.error();
    if (auto locked = lock_in_place(*left, path); !locked) return locked;
    if (::unlink(path.c_str()) != 0) return system_failure(path, errno);
    return {};
}

// The database that grows under a name of its own, and goes if it is not finished.
class target_file {
public:
    explicit target_file(const std::string& target)
        : target_(target),
          path_(target + ".partial") {}
    ~target_file() {
        if (file_.is_open()) ::unlink(path_.c_str());
    }
    target_file(const target_file&) = delete;
    target_file& operator=(const target_file&) = delete;

    base::outcome<void> create() {
        for (const std::string suffix : {"", "-wal", "-shm", "-journal"}) {
            if (is_there(target_ + suffix)) return failure{target_, suffix, " exists"};
            if (suffix.empty() || !target_.ends_with(suffix)) continue;
            const auto database = target_.substr(0, target_.size() - suffix.size());
            if (is_there(database)) return failure{target_, " would count as a part of ", database};
        }
        if (auto removed = remove_left_over(path_); !removed) return failure_of(removed.error());
        auto made = file::create(path_);
        auto locked = made ? lock_in_place(*made, path_) : result<void>(made.error());
        if (!locked) return failure_of(locked.error());
        file_ = std::move(*made);
        return {};
    }
    const file& under_way() const noexcept { return file_; }
    const std::string& path() const noexcept { return path_; }

    // Never in the place of another.
    base::outcome<void> finish() {
        if (auto synced = file_.sync(); !synced) return failure_of(synced.error());
        int failed = 0;
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) failed = errno;
        // Not every file system can do it in one call.
        if (failed == EINVAL) {
            failed = ::link(path_.c_str(), target_.c_str()) == 0 ? 0 : errno;
            if (failed == 0) ::unlink(path_.c_str());
        }
        if (failed != 0) return failure{target_, ": ", std::strerror(failed)};
        file_.close();
        const auto parent = fs::path(target_).parent_path();
        if (auto synced = sync_directory(parent.empty() ? "." : parent.string()); !synced)
            return failure_of(synced.error());
        return {};
    }

private:
    std::string target_, path_;
    file file_;
};

// Applies blocks in their order, up to the point.
class application {
public:
    application(const restore_plan& plan, const restore_point& to, const file& target,
                const std::function<void(std::uint64_t)>& progress)
        : plan_(plan),
          to_(to),
          target_(target),
          progress_(progress) {
        reached_.generation = plan.from.number;
        reached_.sequence = plan.start.sequence;
        reached_.time = plan.start.time;
    }

    base::outcome<restored> run() {
        for (auto i = plan_.first_file; i < plan_.from.files.size() && !is_done_; ++i)
            if (auto applied = apply(plan_.from.files[i]); !applied) return applied.error();
        if (to_.is == kind::sequence && reached_.sequence != to_.sequence)
            return failure{"commit ", std::to_string(to_.sequence), " was not found: the archive changed meanwhile"};
        if (to_.is == kind::latest && !plan_.from.not_begun.empty())
            reached_.note = plan_.from.not_begun + ", byte 0: the last write was broken off";
        if (pages_ != 0)
            if (auto cut = target_.truncate(pages_ * plan_.start.page_bytes); !cut) return failure_of(cut.error());
        reached_.bytes = pages_ * plan_.start.page_bytes;
        return reached_;
    }

private:
    base::outcome<void> apply(const commits_file& from) {
        auto reader = block_reader::open(from.path);
        if (!reader) return failure_of(reader.error());
        if (auto fits = check_header(from, *reader); !fits) return fits;
        while (!is_done_) {
            const auto at = reader->position();
            const auto found = reader->next();
            if (!found) return end_at_damage(from, *reader, found.error());
            if (!*found) break;
            if (auto applied = apply(**found, from.path, at); !applied) return applied;
        }
        chain_ = reader->chain();
        return {};
    }

    base::outcome<void> check_header(const commits_file& from, const block_reader& reader) {
        const auto& header = reader.header();
        if (header.generation != plan_.from.number || header.serial != from.serial ||
            header.sequence + 1 != from.first_sequence || header.page_bytes != plan_.start.page_bytes)
            return failure{from.path, ", byte 0: the header is another file's"};
        if (chain_ && (header.before != *chain_ || header.serial != serial_ + 1))
            return failure{from.path, ", byte 0: does not follow the file before it; one is missing or was exchanged"};
        if (!sequence_) sequence_ = header.sequence;
        serial_ = header.serial;
        return {};
    }

    // Only what was written last to the last file may have been broken off. Whether the point was reached is looked at afterwards.
    base::outcome<void> end_at_damage(const commits_file& from, const block_reader& reader, const error& why) {
        const auto torn = from.is_open ? reader.is_torn() : result<bool>(false);
        if (!torn) return failure_of(torn.error());
        if (!*torn || why != sqlite_errc::corrupt) return failure_of(why);
        reached_.note = from.path + ", byte " + std::to_string(reader.position()) + ": the last write was broken off";
        is_done_ = true;
        return {};
    }

    base::outcome<void> apply(const block& one, const std::string& path, std::uint64_t at) {
        const auto damage = [&](const std::string& what) {
            return failure{path, ", block at byte ", std::to_string(at), ": ", what};
        };
        if (before_ && !follows(one.head, *before_)) return damage("its frames do not follow those before it");
        before_ = one.head;
        std::uint32_t until = 0;
        for (const auto& each : one.commits) {
            if (is_past(each, to_)) {
                is_done_ = true;
                break;
            }
            if (each.sequence != *sequence_ && each.sequence != *sequence_ + 1)
                return damage("commit " + std::to_string(each.sequence) + " follows commit " +
                              std::to_string(*sequence_));
            sequence_ = each.sequence;
            until = each.frames;
            pages_ = each.pages;
            if (each.sequence < plan_.start.sequence) continue;
            reached_.commits = each.sequence - plan_.start.sequence;
            reached_.sequence = each.sequence;
            reached_.time = each.time;
            reached_.is_time_estimated = (each.flags & commit::time_is_estimated) != 0;
            // A base may hold more commits of its own number than the first.
            is_done_ =
                to_.is == kind::sequence && each.sequence == to_.sequence && each.sequence > plan_.start.sequence;
            if (is_done_) break;
        }
        const auto frames = frames_of(one);
        if (!frames) return damage("the frames cannot be unpacked");
        result<void> put;
        const auto wrong = check_frames(one, *frames, [&](const frame& page, std::uint32_t number) {
            if (number > until || !put) return;
            put = target_.write(std::uint64_t{page.page - 1} * page.content.size(), page.content);
        });
        if (!wrong.empty()) return damage(wrong);
        if (!put) return failure_of(put.error());
        if (progress_) progress_(reached_.commits);
        return {};
    }

    // In the same run, or from the beginning of another.
    static bool follows(const block_head& one, const block_head& before) {
        if (one.run == before.run)
            return one.first_frame == before.first_frame + before.frames && one.before == before.after;
        return one.first_frame == 0 && one.before == one.run.sum();
    }

    const restore_plan& plan_;
    const restore_point& to_;
    const file& target_;
    const std::function<void(std::uint64_t)>& progress_;
    restored reached_;
    std::optional<digest> chain_;
    std::optional<block_head> before_;
    std::optional<std::uint64_t> sequence_;
    std::uint32_t serial_ = 0;
    std::uint64_t pages_ = 0;
    bool is_done_ = false;
};

// As whoever opens it will see it.
base::outcome<void> verify(const std::string& path, const restored& reached) {
    if (auto unmarked = sqlite::unmark_copy(path); !unmarked) return failure_of(unmarked.error());
    const auto facts = sqlite::read_copy(path, true);
    if (!facts) return failure{"what was restored is damaged: ", facts.error().message()};
    if (facts->sequence != reached.sequence)
        return failure{"what was restored holds commit ", std::to_string(facts->sequence), ", not ",
                       std::to_string(reached.sequence)};
    return {};
}

}  // namespace

base::outcome<restored> restore(const std::string& directory, const restore_point& to, const std::string& target,
                                const std::function<void(std::uint64_t commits)>& progress) {
    const auto all = read_catalogue(directory);
    if (!all) return failure_of(all.error());
    const auto plan = plan_restore(*all, to);
    if (!plan) return plan.error();
    target_file made(target);
    if (auto created = made.create(); !created) return created.error();
    if (auto unpacked = unpack_base(plan->start, made.under_way()); !unpacked) return failure_of(unpacked.error());
    auto reached = application(*plan, to, made.under_way(), progress).run();
    if (!reached) return reached.error();
    if (auto sound = verify(made.path(), *reached); !sound) return sound.error();
    if (auto finished = made.finish(); !finished) return finished.error();
    return reached;
}

base::outcome<std::string> list_archive(const std::string& directory) {
    const auto all = read_catalogue(directory);
    if (!all) return failure_of(all.error());
    std::string text;
    for (const auto& each : *all) {
        const auto last = last_commit(each);
        if (!last) return failure_of(last.error());
        text += "generation " + std::to_string(each.number) + ": ";
        if (each.bases.empty()) text += "no base yet";
        else text += "from " + shown(each.bases.front().sequence, each.bases.front().time);
        if (*last) text += " to " + shown((*last)->sequence, (*last)->time);
        text += ", " + std::to_string(each.files.size()) + (each.files.size() == 1 ? " file" : " files") + "\n";
        for (const auto& one : each.bases) text += "  base at " + shown(one.sequence, one.time) + "\n";
        if (!each.ended.empty()) text += "  ended: " + each.ended + "\n";
        if (&each != &all->back()) text += "gap\n";
    }
    return text.empty() ? std::string("nothing is archived yet\n") : text;
}

}  // namespace carrel::commits
