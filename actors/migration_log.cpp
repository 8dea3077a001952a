#include "actors/migration_log.hpp"

#include "actors/log.hpp"
#include "sqlite/migration_report.hpp"
#include "sqlite/migrations.hpp"

#include <chrono>

namespace carrel::detail {

result<void> migrate_with_log(sqlite::connection& writer, const options& settings) {
    constexpr std::chrono::seconds log_interval{10};
    std::chrono::microseconds log_at = log_interval;
    return sqlite::migrate(writer, settings.migrations, [&](const sqlite::migration_progress& now) {
        using enum sqlite::migration_progress::phase;
        if (now.at == begins) log_at = log_interval;
        if (now.is_new || (now.at == runs && now.elapsed < log_at)) return;
        if (now.at == runs) log_at = now.elapsed + log_interval;
        write_log(settings, log_level::info, sqlite::text_of(now));
    });
}

}  // namespace carrel::detail
