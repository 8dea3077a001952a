#pragma once

#include "crash/archive_host.hpp"
#include "support/disk_recorder.hpp"
#include "support/plain_sqlite.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace carrel::testing {

/// What the table held after each commit of one history, as a text.
class timeline {
public:
    void add(std::uint64_t sequence, std::string content) { states_[sequence] = std::move(content); }
    std::string at(std::uint64_t sequence) const {
        const auto after = states_.upper_bound(sequence);
        return after == states_.begin() ? std::string() : std::prev(after)->second;
    }
    /// The power took what came after that.
    void end_at(std::uint64_t sequence) { states_.erase(states_.upper_bound(sequence), states_.end()); }

private:
    std::map<std::uint64_t, std::string> states_;
};

/// What the archive and the database had reported as durable at a moment.
struct reported {
    std::uint32_t generation = 0;       // that was written; 0: none
    std::uint64_t archived = 0;         // the last commit in it
    std::uint32_t base_generation = 0;  // the newest one that was known to have a base
    std::uint64_t archived_there = 0;   // the last commit that was archived in that
    std::uint64_t acknowledged = 0;     // at durability::full
    bool operator==(const reported&) const = default;
};

/// The table as the test believes it to be, and what changes it at random.
class note_table {
public:
    /// A change in the table, as a work of the database's.
    struct change {
        enum class kind { insert, update, remove };
        kind what = kind::insert;
        std::int64_t number = 0;
        std::string text;

        result<void> operator()(write_session& session) const {
            switch (what) {
                case kind::insert: return session.execute("INSERT INTO note VALUES(?, ?)", number, text);
                case kind::update: return session.execute("UPDATE note SET text = ? WHERE number = ?", text, number);
                case kind::remove: return session.execute("DELETE FROM note WHERE number = ?", number);
            }
            return {};
        }
    };
    change next(std::mt19937_64& random) {
        const auto choice = random() % 10;
        const std::size_t letters = random() % 8 == 0 ? 3'000 : random() % 900;
        std::string text = "v" + std::to_string(++changes_) + std::string(letters, 'n');
        if (choice < 5 || rows_.empty()) {
            const std::int64_t number = rows_.empty() ? 1 : rows_.rbegin()->first + 1;
            rows_[number] = text;
            return {change::kind::insert, number, std::move(text)};
        }
        const auto row = std::next(rows_.begin(), static_cast<std::ptrdiff_t>(random() % rows_.size()));
        const auto number = row->first;
        if (choice < 8) {
            row->second = text;
            return {change::kind::update, number, std::move(text)};
        }
        rows_.erase(row);
        return {change::kind::remove, number, {}};
    }
    std::string content() const {
        std::string all;
        for (const auto& [number, text] : rows_)
            all += std::to_string(number) + ":" + text.substr(0, 8) + std::to_string(text.size()) + ",";
        return all;
    }
    /// Takes over what a database holds.
    void load(database& store) {
        rows_.clear();
        const auto taken = read(store, [this](read_session& session) -> result<void> {
            auto rows = session.prepare("SELECT number, text FROM note");
            if (!rows) return rows.error();
            for (;;) {
                auto more = rows->step();
                if (!more) return more.error();
                if (!*more) return {};
                rows_[rows->integer(0)] = std::string(rows->text(1));
            }
        });
        taken.value();
    }
    static std::string content_of(const std::string& path) {
        plain_sqlite file(path);
        if (file.text("PRAGMA integrity_check") != "ok") return "damaged";
        return file.text(
            "SELECT coalesce(group_concat(number || ':' || substr(text, 1, 8) || length(text), ',') || ',', '')"
            " FROM (SELECT number, text FROM note ORDER BY number)");
    }

private:
    std::map<std::int64_t, std::string> rows_;
    std::uint64_t changes_ = 0;
};

/// One time that the power was on, as it was recorded, and what may be found in the archive after it.
struct power_cycle {
    timeline of_database;
    std::map<std::uint32_t, timeline> of_ended;  // generations that no longer are this history's
    std::vector<reported> reports;               // mark n is reports[n - 1]
    bool is_all_full = true;                     // no commit at durability::normal, now or before
    bool has_gaps = false;                       // in the archive, now or before
    std::uint64_t commits = 0;

    const timeline& of(std::uint32_t generation) const {
        const auto ended = of_ended.find(generation);
        return ended != of_ended.end() ? ended->second : of_database;
    }
    reported reported_at(const disk_recorder& recorder, std::size_t cut) const {
        reported last;
        for (std::size_t i = 0; i < cut; ++i)
            if (recorder.events()[i].what == disk_recorder::kind::mark) last = reports[recorder.events()[i].at - 1];
        return last;
    }
};

}  // namespace carrel::testing
