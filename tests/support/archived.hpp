#pragma once

#include "commit_archive/archiver.hpp"
#include "commit_archive/catalogue.hpp"
#include "commit_archive/restore.hpp"
#include "commit_archive/upkeep.hpp"
#include "support/plain_sqlite.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <carrel/database.hpp>

#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::testing {

inline constexpr std::array archived_schema{
    migration{1, "notes", "CREATE TABLE note(number INTEGER PRIMARY KEY, text TEXT NOT NULL)"}};

/// All of a file.
inline std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_text(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// A small database with an archive, which can be closed and opened again.
class archived {
public:
    explicit archived(std::function<void(commits::archive_settings&, options&)> change = {})
        : change_(std::move(change)) {
        open();
    }
    ~archived() { close(); }

    void open() {
        commits::archive_settings kept;
        kept.directory = archive();
        kept.interval = std::chrono::milliseconds(10);
        kept.log = [lines = lines_](log_level, std::string_view text) {
            const std::lock_guard lock(lines->mutex);
            lines->text += std::string(text) + "\n";
        };
        options wanted{.path = path(), .page_size = 512, .migrations = archived_schema, .checkpoint_frames = 40};
        if (change_) change_(kept, wanted);
        archiver_ = commits::archiver::open(kept).value();
        wanted.follower = archiver_;
        store.emplace(database::open(wanted).value());
        upkeep_.emplace(*archiver_, *store);
    }
    void close() {
        upkeep_.reset();
        store.reset();
        archiver_.reset();
    }
    /// Another program, or carrel without the archive, changes the file.
    void open_without_archive() {
        store.emplace(database::open({.path = path(), .page_size = 512, .migrations = archived_schema}).value());
    }

    /// Notes `number`, with what makes it some pages long; the commit's number.
    std::uint64_t note(std::int64_t number, std::size_t bytes = 700) {
        auto done = store->write([number, bytes](write_session& session) {
            return session.execute("INSERT INTO note VALUES(?, ?)", number, std::string(bytes, 'n'));
        });
        return done.value().sequence;
    }
    bool has_base() {
        return eventually([&] {
            const auto all = commits::read_catalogue(archive()).value();
            return !all.empty() && !all.back().bases.empty();
        });
    }
    bool has_archived(std::uint64_t sequence) {
        return eventually([&] { return archiver_->archived().sequence >= sequence; });
    }
    std::string lines() const {
        const std::lock_guard lock(lines_->mutex);
        return lines_->text;
    }

    std::string path() const { return directory.file("notes.db"); }
    std::string archive() const { return directory.file("archive"); }
    commits::archiver& archiver() { return *archiver_; }
    std::vector<commits::generation> catalogue() const { return commits::read_catalogue(archive()).value(); }

    temp_directory directory;
    std::optional<database> store;

private:
    struct log_lines {
        std::mutex mutex;
        std::string text;
    };
    std::function<void(commits::archive_settings&, options&)> change_;
    std::shared_ptr<log_lines> lines_ = std::make_shared<log_lines>();
    std::shared_ptr<commits::archiver> archiver_;
    std::optional<commits::upkeep> upkeep_;
};

/// The numbers in a restored database, or why there is none.
inline std::string restored_notes(const std::string& archive, const commits::restore_point& to) {
    const temp_directory place;
    const auto target = place.file("restored.db");
    const auto done = commits::restore(archive, to, target, {});
    if (!done) return done.error().diagnostic();
    plain_sqlite database(target);
    if (database.text("PRAGMA integrity_check") != "ok") return "damaged";
    return database.text("SELECT coalesce(group_concat(number), '') FROM (SELECT number FROM note ORDER BY number)");
}

inline commits::restore_point at_commit(std::uint64_t sequence) {
    return {commits::restore_point::kind::sequence, sequence, 0};
}

}  // namespace carrel::testing
