#include "commit_archive/archive_note.hpp"

#include "commit_archive/catalogue.hpp"
#include "commit_archive/file.hpp"
#include "commit_archive/layout.hpp"

#include <sys/stat.h>

#include <climits>
#include <filesystem>

namespace carrel::commits {
namespace {

using boost::system::errc::no_such_file_or_directory;

// Empty: none is noted.
result<std::string> noted_archive(const std::string& database) {
    auto text = read_whole(archive_note_path(database), PATH_MAX + 1);
    if (!text && text.error().code() == no_such_file_or_directory) return std::string();
    if (text && text->ends_with('\n')) text->pop_back();
    return text;
}

// The copy that a command has made has no lock, and is an archive when it is put back. What else is wrong with a directory is found
// out when it is opened.
bool has_archive(const std::string& directory) {
    struct stat info {};
    if (::lstat((directory + "/" + lock_name).c_str(), &info) == 0) return true;
    const auto all = read_catalogue(directory);
    return all ? !all->empty() : all.error().code() != no_such_file_or_directory;
}

}  // namespace

std::string archive_note_path(const std::string& database) {
    return std::filesystem::absolute(database + ".archived").string();
}

result<void> note_archive(const std::string& database, const std::string& directory) {
    const auto noted = noted_archive(database);
    if (noted && *noted == directory) return {};
    return write_whole(archive_note_path(database), directory + "\n");
}

result<bool> is_noted_archive_missing(const std::string& database, const std::string& directory) {
    const auto noted = noted_archive(database);
    if (!noted) return noted.error();
    return *noted == directory && !has_archive(directory);
}

}  // namespace carrel::commits
