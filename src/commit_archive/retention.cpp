#include "commit_archive/retention.hpp"

#include "commit_archive/catalogue.hpp"
#include "commit_archive/file.hpp"
#include "commit_archive/sender.hpp"

#include <filesystem>

namespace carrel::commits {
namespace {

namespace fs = std::filesystem;

// False if it must stay.
bool drop_file(const std::string& path, bool only_sent, std::size_t& dropped) {
    if (only_sent && !was_sent(path)) return false;
    std::error_code ec;
    if (fs::remove(path, ec)) ++dropped;
    fs::remove(path + sent_suffix, ec);
    return true;
}

bool drop_base(const base_file& one, bool only_sent, std::size_t& dropped) {
    // The description first, for good: a base without one is none, and one without the other could not be restored or sent.
    return drop_file(one.path + ".json", only_sent, dropped) && sync_directory(fs::path(one.path).parent_path()) &&
           drop_file(one.path + ".zst", only_sent, dropped);
}

// What came before one of its bases.
void drop_before_base(const generation& in, std::size_t kept, bool only_sent, std::size_t& dropped) {
    for (std::size_t i = 0; i < kept; ++i)
        if (!drop_base(in.bases[i], only_sent, dropped)) return;
    const auto first = first_file_after(in, in.bases[kept].sequence);
    for (std::size_t i = 0; first && i < *first; ++i)
        if (!drop_file(in.files[i].path, only_sent, dropped)) return;
}

void drop_generation(const generation& all, bool only_sent, std::size_t& dropped) {
    for (const auto& each : all.bases)
        if (!drop_base(each, only_sent, dropped)) return;
    for (const auto& each : all.files)
        if (!drop_file(each.path, only_sent && !each.is_open, dropped)) return;
    std::error_code ec;
    fs::remove_all(all.path, ec);
}

}  // namespace

result<std::size_t> drop_before(const std::string& directory, std::int64_t oldest, bool only_sent) {
    const auto all = read_catalogue(directory);
    if (!all) return all.error();
    std::size_t dropped = 0;
    for (auto each = all->rbegin(); each != all->rend(); ++each) {
        std::size_t usable = 0;
        while (usable < each->bases.size() && each->bases[usable].time <= oldest) ++usable;
        if (usable == 0) continue;
        drop_before_base(*each, usable - 1, only_sent, dropped);
        for (auto older = each + 1; older != all->rend(); ++older) drop_generation(*older, only_sent, dropped);
        break;
    }
    return dropped;
}

}  // namespace carrel::commits
