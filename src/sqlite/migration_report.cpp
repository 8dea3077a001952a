#include "sqlite/migration_report.hpp"

#include <sqlite3.h>

#include <array>
#include <cstdio>

namespace carrel::sqlite {
namespace {

constexpr int steps_between_looks = 10'000;
constexpr std::chrono::seconds interval{1};

std::string growth_text(std::int64_t bytes) {
    return bytes < 0 ? std::to_string(-bytes) + " bytes less" : std::to_string(bytes) + " bytes more";
}

}  // namespace

migration_report::migration_report(connection& writer, const migration_observer& observe, const migration& one,
                                   migration_place place)
    : writer_(writer),
      observe_(observe) {
    if (!observe_) return;
    progress_.number = one.number;
    progress_.name = one.name;
    progress_.place = static_cast<std::size_t>(one.number) - place.before;
    progress_.pending = place.all - place.before;
    progress_.is_new = place.before == 0;
    rows_before_ = sqlite3_total_changes64(writer_.handle());
    bytes_before_ = bytes();
    report(migration_progress::phase::begins);
    begun_ = clock::now();
    next_ = begun_ + interval;
    sqlite3_progress_handler(writer_.handle(), steps_between_looks, &migration_report::look, this);
}

migration_report::~migration_report() {
    if (observe_) writer_.restore_progress_handler();
}

void migration_report::end() {
    if (!observe_) return;
    progress_.bytes = bytes() - bytes_before_;
    rows_before_ += 1;  // the record of the migration itself
    report(migration_progress::phase::done);
}

int migration_report::look(void* self) {
    auto& mine = *static_cast<migration_report*>(self);
    const auto now = clock::now();
    if (now < mine.next_) return 0;
    mine.next_ = now + interval;
    mine.report(migration_progress::phase::runs);
    return 0;
}

std::int64_t migration_report::bytes() const {
    const auto pages = writer_.trusted_integer("PRAGMA page_count");
    return pages ? *pages * static_cast<std::int64_t>(writer_.page_bytes()) : bytes_before_;
}

void migration_report::report(migration_progress::phase at) noexcept {
    try {
        progress_.at = at;
        if (at != migration_progress::phase::begins) {
            progress_.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun_);
            progress_.rows = static_cast<std::uint64_t>(sqlite3_total_changes64(writer_.handle()) - rows_before_);
        }
        observe_(progress_);
    } catch (...) {
        // An observer that throws breaks its contract; SQLite is below it.
    }
}

std::string seconds_text(std::chrono::microseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(time).count());
    return text.data();
}

bool is_about_migration(std::string_view line) { return line.starts_with("migration "); }

bool says_begins(std::string_view line) {
    return is_about_migration(line) && line.find(") begins, ") != std::string_view::npos;
}

bool says_done(std::string_view line) {
    return is_about_migration(line) && line.find(") is done in ") != std::string_view::npos;
}

std::string text_of(const migration_progress& progress) {
    const std::string name = "migration " + std::to_string(progress.number) + " (" + std::string(progress.name) + ")";
    switch (progress.at) {
        case migration_progress::phase::begins:
            return name + " begins, " + std::to_string(progress.place) + " of " + std::to_string(progress.pending);
        case migration_progress::phase::runs:
            return name + " has run for " + seconds_text(progress.elapsed) + ", " + std::to_string(progress.place) +
                   " of " + std::to_string(progress.pending);
        case migration_progress::phase::done: break;
    }
    return name + " is done in " + seconds_text(progress.elapsed) + ": " + std::to_string(progress.rows) +
           " rows written, " + growth_text(progress.bytes);
}

}  // namespace carrel::sqlite
