// Upkeep while everybody else goes on: a checkpoint, a vacuum, and a backup that is opened again.
#include <carrel/database.hpp>

#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <iostream>
#include <string>

#include <unistd.h>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

carrel::result<std::optional<std::int64_t>> count_notes(carrel::read_session& session) {
    return session.first_integer("SELECT count(*) FROM notes");
}

int main() {
    using boost::asio::use_future;
    const auto folder = std::filesystem::temp_directory_path() / ("carrel-example-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const std::string copy = folder / "copy.db";
    bool is_right = false;
    {
        auto notes = carrel::database::open({.path = folder / "notes.db", .migrations = schema}).value();
        auto written = notes.write(carrel::one_statement("INSERT INTO notes (text) VALUES ('kept')"));

        const carrel::checkpoint_report checkpoint = notes.async_checkpoint(use_future).get();
        const carrel::backup_report backup = notes.async_backup(copy, use_future).get();
        notes.async_vacuum(use_future).get();
        notes.async_stop(use_future).get();

        std::cout << checkpoint.checkpointed_frames << " frames checkpointed, " << backup.pages << " pages copied\n";
        is_right = written && checkpoint.checkpointed_frames > 0 && backup.bytes == std::filesystem::file_size(copy);
    }
    {
        auto opened = carrel::database::open({.path = copy, .migrations = schema}).value();
        auto count = opened.read(count_notes);
        is_right = is_right && count && **count == 1;
    }
    std::filesystem::remove_all(folder);
    return is_right ? 0 : 1;
}
