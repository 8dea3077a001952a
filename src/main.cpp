#include "cli/command.hpp"
#include "cli/signals.hpp"
#include "cli/standard_streams.hpp"
#include "sqlite/process.hpp"

#include <sys/stat.h>

#include <span>

int main(int argc, char** argv) {
    if (!carrel::cli::hold_standard_streams()) return carrel::cli::exit_failed;
    // Whatever is created is for its owner alone; SQLite gives -wal and -shm the mode of the database.
    ::umask(077);
    carrel::cli::ignore_write_signals();
    carrel::sqlite::configure_process();
    return carrel::cli::run(std::span<char*>(argv, static_cast<std::size_t>(argc)));
}
