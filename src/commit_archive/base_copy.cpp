#include "commit_archive/base_copy.hpp"

#include "sqlite/copy_facts.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>

namespace carrel::commits {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* copy_name = "base.copy";

struct removed_at_end {
    std::string path;
    ~removed_at_end() {
        if (!path.empty()) ::unlink(path.c_str());
    }
};

}  // namespace

result<void> copy_database(database& store, const std::string& target, const std::stop_token& stop) {
    asio::cancellation_signal cancelling;
    auto ended = std::make_shared<std::promise<error_code>>();
    auto copied = ended->get_future();
    store.async_backup(
        target, asio::bind_cancellation_slot(cancelling.slot(),
                                             [ended](error_code ec, const backup_report&) { ended->set_value(ec); }));
    constexpr std::chrono::milliseconds look_interval{50};
    while (copied.wait_for(look_interval) != std::future_status::ready)
        if (stop.stop_requested()) cancelling.emit(asio::cancellation_type::terminal);
    if (const auto ec = copied.get()) return error(ec, target);
    return {};
}

result<base_file> make_base(database& store, const std::string& generation, const commit_time& time_of_commit,
                            const std::stop_token& stop) {
    remove_partial_bases(generation);
    const removed_at_end copy{generation + "/" + copy_name};
    if (auto copied = copy_database(store, copy.path, stop); !copied) return copied.error();
    const auto facts = sqlite::read_copy(copy.path);
    if (!facts) return facts.error();
    base_file made;
    made.path = generation + "/" + base_name(facts->sequence);
    made.sequence = facts->sequence;
    made.page_bytes = facts->page_bytes;
    const auto time = time_of_commit(made.sequence);
    if (!time) return time.error();
    made.time = *time;
    std::error_code ec;
    if (fs::exists(made.path + ".json", ec)) return made;
    removed_at_end packed{made.path + ".zst"};
    const auto done = pack_file(copy.path, packed.path, [&] { return stop.stop_requested(); });
    if (!done) return done.error();
    made.bytes = done->bytes;
    made.sha256 = done->sha256;
    // A description that outlived the name of what it describes would be a base that is not there.
    if (auto named = sync_directory(generation); !named) return named.error();
    if (auto described_it = write_whole(made.path + ".json", described(made)); !described_it)
        return described_it.error();
    packed.path.clear();
    return made;
}

void remove_partial_bases(const std::string& generation) noexcept {
    std::error_code ec;
    for (fs::directory_iterator each(generation, ec), end; !ec && each != end; each.increment(ec)) {
        const auto path = each->path();
        const auto name = path.filename().string();
        auto described_by = path;
        described_by.replace_extension(".json");
        std::error_code ignored;
        const bool is_undescribed =
            name.starts_with("base-") && name.ends_with(".zst") && !fs::exists(described_by, ignored);
        const bool is_partial = name.starts_with("base-") && name.ends_with(".partial");
        if (name.starts_with(copy_name) || is_undescribed || is_partial) fs::remove(path, ignored);
    }
}

result<void> unpack_base(const base_file& from, const byte_sink& to) {
    const auto done = unpack_file(from.path + ".zst", to);
    if (!done) return done.error();
    if (done->bytes == from.bytes && done->sha256 == from.sha256) return {};
    return error(make_error_code(sqlite_errc::corrupt), from.path + ".zst is not what its description says");
}

}  // namespace carrel::commits
