#pragma once

#include "commit_archive/archiver.hpp"
#include "commit_archive/upkeep.hpp"
#include "support/archived.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

namespace carrel::testing {

/// How a server is set up whose power goes.
struct host_setup {
    std::size_t checkpoint_frames = 40;
    std::size_t block_bytes = 4u << 20;
    std::size_t file_bytes = 64u << 20;
    std::chrono::milliseconds interval{5};
    bool has_many_bases = false;
    bool has_gaps = false;

    static host_setup any(std::mt19937_64& random) {
        constexpr std::size_t frames[] = {20, 60, 4'096}, blocks[] = {1, 8'192, 4u << 20},
                              files[] = {1, 20'000, 64u << 20};
        constexpr int intervals[] = {1, 5, 50};
        host_setup setup;
        setup.checkpoint_frames = frames[random() % 3];
        setup.block_bytes = blocks[random() % 3];
        setup.file_bytes = files[random() % 3];
        setup.interval = std::chrono::milliseconds(intervals[random() % 3]);
        setup.has_many_bases = random() % 3 == 0;
        return setup;
    }
};

/// What a server with an archive consists of, without HTTP: `database/notes.db` and `archive` below a directory. Throws if it cannot start.
class archive_host {
public:
    archive_host(const std::string& root, const host_setup& setup) {
        commits::archive_settings kept;
        kept.directory = archive_of(root);
        kept.interval = setup.interval;
        kept.block_bytes = setup.block_bytes;
        kept.file_bytes = setup.file_bytes;
        if (setup.has_gaps) kept.behind_bytes = 8'000;
        if (setup.has_many_bases) kept.base_every = std::chrono::seconds(0);
        kept.log = [this](log_level, std::string_view text) { take(text); };
        options wanted{
            .path = database_of(root), .page_size = 512, .migrations = archived_schema, .background_nice = 0};
        wanted.checkpoint_frames = setup.checkpoint_frames;
        wanted.page_cache_kib = wanted.background_cache_kib = 256;
        archiver_ = commits::archiver::open(kept).value();
        wanted.follower = archiver_;
        store_.emplace(database::open(wanted).value());
        upkeep_.emplace(*archiver_, *store_);
    }
    ~archive_host() {
        upkeep_.reset();
        store_.reset();
        archiver_.reset();
    }
    archive_host(const archive_host&) = delete;
    archive_host& operator=(const archive_host&) = delete;

    static std::string database_of(const std::string& root) { return root + "/database/notes.db"; }
    static std::string archive_of(const std::string& root) { return root + "/archive"; }

    database& store() { return *store_; }
    std::uint64_t sequence() const { return store_->stats().writer.commit_sequence; }
    commits::archiver::progress archived() const { return archiver_->archived(); }
    std::uint64_t gaps() const { return archiver_->counts().gaps; }
    bool has_archived(std::uint64_t sequence) const {
        return eventually([&] { return archiver_->archived().sequence >= sequence; });
    }
    /// The newest generation in which this run has made a base; 0: none.
    std::uint32_t base_generation() const { return base_generation_; }
    std::string lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    void take(std::string_view text) {
        constexpr std::string_view in_generation = " in generation ";
        const std::lock_guard lock(mutex_);
        lines_ += std::string(text) + "\n";
        const auto at = text.find(in_generation);
        if (text.starts_with("archive: base at commit ") && at != text.npos)
            base_generation_ =
                static_cast<std::uint32_t>(std::stoul(std::string(text.substr(at + in_generation.size()))));
    }

    mutable std::mutex mutex_;
    std::string lines_;
    std::atomic<std::uint32_t> base_generation_{0};
    std::shared_ptr<commits::archiver> archiver_;
    std::optional<database> store_;
    std::optional<commits::upkeep> upkeep_;
};

}  // namespace carrel::testing
