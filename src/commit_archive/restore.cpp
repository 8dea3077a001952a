#include "commit_archive/restore.hpp"

#include "commit_archive/base_copy.hpp"
#include "commit_archive/block_reader.hpp"
#include "commit_archive/restore_plan.hpp"
#include "sqlite/backup_file.hpp"
#include "sqlite/copy_facts.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>

namespace carrel::commits {
namespace {

namespace fs = std::filesystem;
using kind = restore_point::kind;

// Of the archive, as a sentence.
error explained(const error& why) {
    if (why == sqlite_errc::corrupt) return why;
    return {why.code(), why.diagnostic() + ": " + why.code().message()};
}

error damaged(std::string what) { return {make_error_code(sqlite_errc::corrupt), std::move(what)}; }

bool is_past(const commit& one, const restore_point& to) {
    if (to.is == kind::latest) return false;
    return to.is == kind::sequence ? one.sequence > to.sequence : one.time > to.time;
}

result<void> write(sqlite::backup_file& to, std::uint64_t at, std::string_view bytes) {
    return to.write(std::as_bytes(std::span(bytes)), at);
}

// How much is read of the base, as it is unpacked, and of the files of commits.
class reading {
public:
    reading(const restore_plan& plan, const restore_steps& steps)
        : steps_(steps),
          all_(plan.start.bytes) {
        for (auto i = plan.first_file; i < plan.from.files.size(); ++i) {
            std::error_code ec;
            const auto size = fs::file_size(plan.from.files[i].path, ec);
            if (!ec) all_ += size;
        }
    }
    // `at` counts within the base or a file.
    result<void> reach(std::uint64_t at) {
        const auto done = static_cast<double>(before_ + at) / static_cast<double>(std::max<std::uint64_t>(1, all_));
        if (steps_.progress) steps_.progress(std::min(1.0, done));
        if (steps_.should_stop && steps_.should_stop()) return error(errc::cancelled, "broken off");
        return {};
    }
    void end(std::uint64_t size) { before_ += size; }

private:
    const restore_steps& steps_;
    std::uint64_t all_, before_ = 0;
};

// Applies blocks in their order, up to the point.
class application {
public:
    application(const restore_plan& plan, const restore_point& to, sqlite::backup_file& target, reading& steps)
        : plan_(plan),
          to_(to),
          target_(target),
          steps_(steps) {
        reached_.generation = plan.from.number;
        reached_.sequence = plan.start.sequence;
        reached_.time = plan.start.time;
    }

    result<restored> run() {
        for (auto i = plan_.first_file; i < plan_.from.files.size() && !is_done_; ++i)
            if (auto applied = apply(plan_.from.files[i]); !applied) return applied.error();
        if (to_.is == kind::sequence && reached_.sequence != to_.sequence)
            return damaged("commit " + std::to_string(to_.sequence) + " was not found: the archive changed meanwhile");
        if (to_.is == kind::latest && !plan_.from.not_begun.empty())
            reached_.note = plan_.from.not_begun + ", byte 0: the last write was broken off";
        if (pages_ != 0)
            if (auto cut = target_.resize(pages_ * plan_.start.page_bytes); !cut) return cut.error();
        return reached_;
    }

private:
    result<void> apply(const commits_file& from) {
        auto reader = block_reader::open(from.path);
        if (!reader) return explained(reader.error());
        if (auto fits = check_header(from, *reader); !fits) return fits;
        while (!is_done_) {
            const auto at = reader->position();
            const auto found = reader->next();
            if (!found) return end_at_damage(from, *reader, found.error());
            if (!*found) break;
            if (auto applied = apply(**found, from.path, at); !applied) return applied;
            if (auto goes_on = steps_.reach(reader->position()); !goes_on) return goes_on;
        }
        steps_.end(reader->position());
        chain_ = reader->chain();
        return {};
    }

    result<void> check_header(const commits_file& from, const block_reader& reader) {
        const auto& header = reader.header();
        if (header.generation != plan_.from.number || header.serial != from.serial ||
            header.sequence + 1 != from.first_sequence || header.page_bytes != plan_.start.page_bytes)
            return damaged(from.path + ", byte 0: the header is another file's");
        if (chain_ && (header.before != *chain_ || header.serial != serial_ + 1))
            return damaged(from.path + ", byte 0: does not follow the file before it; one is missing or was exchanged");
        if (!sequence_) sequence_ = header.sequence;
        serial_ = header.serial;
        return {};
    }

    // Only what was written last to the last file may have been broken off. Whether the point was reached is looked at afterwards.
    result<void> end_at_damage(const commits_file& from, const block_reader& reader, const error& why) {
        const auto torn = from.is_open ? reader.is_torn() : result<bool>(false);
        if (!torn) return explained(torn.error());
        if (!*torn || why != sqlite_errc::corrupt) return explained(why);
        reached_.note = from.path + ", byte " + std::to_string(reader.position()) + ": the last write was broken off";
        is_done_ = true;
        return {};
    }

    result<void> apply(const block& one, const std::string& path, std::uint64_t at) {
        const auto damage = [&](const std::string& what) {
            return damaged(path + ", block at byte " + std::to_string(at) + ": " + what);
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
            put = write(target_, std::uint64_t{page.page - 1} * page.content.size(), page.content);
        });
        if (!wrong.empty()) return damage(wrong);
        return put;
    }

    // In the same run, or from the beginning of another.
    static bool follows(const block_head& one, const block_head& before) {
        if (one.run == before.run)
            return one.first_frame == before.first_frame + before.frames && one.before == before.after;
        return one.first_frame == 0 && one.before == one.run.sum();
    }

    const restore_plan& plan_;
    const restore_point& to_;
    sqlite::backup_file& target_;
    reading& steps_;
    restored reached_;
    std::optional<digest> chain_;
    std::optional<block_head> before_;
    std::optional<std::uint64_t> sequence_;
    std::uint32_t serial_ = 0;
    std::uint64_t pages_ = 0;
    bool is_done_ = false;
};

result<void> copy_base(const base_file& from, sqlite::backup_file& to, reading& steps) {
    if (auto reserved = to.reserve(from.bytes); !reserved) return reserved;
    result<void> put;
    const auto unpacked = unpack_base(from, [&](std::uint64_t at, std::string_view bytes) {
        put = write(to, at, bytes);
        if (put) put = steps.reach(at + bytes.size());
        return put;
    });
    steps.end(from.bytes);
    if (!put || unpacked) return put;
    return explained(unpacked.error());
}

// As whoever opens it will see it.
result<void> verify(const std::string& path, std::uint64_t sequence) {
    const auto facts = sqlite::read_copy(path);
    if (!facts) return damaged("what was restored is damaged: " + facts.error().message());
    if (facts->sequence == sequence) return {};
    return damaged("what was restored holds commit " + std::to_string(facts->sequence) + ", not " +
                   std::to_string(sequence));
}

}  // namespace

result<restored> restore(const std::string& directory, const restore_point& to, const std::string& target,
                         const restore_steps& steps) {
    const auto all = read_catalogue(directory);
    if (!all) return explained(all.error());
    const auto plan = plan_restore(*all, to);
    if (!plan) return error(make_error_code(point_is_missing), plan.error().text);
    sqlite::backup_file made(target);
    if (auto created = made.create(); !created) return created.error();
    reading read(*plan, steps);
    if (auto copied = copy_base(plan->start, made, read); !copied) return copied.error();
    auto reached = application(*plan, to, made, read).run();
    if (!reached) return reached.error();
    auto finished =
        made.finish(steps.should_stop, [&](const std::string& path) { return verify(path, reached->sequence); });
    if (!finished) return finished.error();
    return reached;
}

result<std::string> list_archive(const std::string& directory) {
    const auto all = read_catalogue(directory);
    if (!all) return explained(all.error());
    std::string text;
    for (const auto& each : *all) {
        const auto last = last_commit(each);
        if (!last) return explained(last.error());
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
