#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::testing {

/// What a power loss leaves of what was not synced.
enum class loss {
    nothing,      ///< none of it
    everything,   ///< all of it
    torn,         ///< of each write any subset of its sectors, and any subset of truncations and of changes of names
    names_first,  ///< names up to some moment, as a file system with a journal has it; writes torn
};

/// Files by their path from the recorder's root, parents before what is in them; nothing: a directory.
using disk_image = std::map<std::string, std::optional<std::string>>;

/// Keeps what this process does to the files below one directory, on any thread and through any library: writes, truncations,
/// syncs, and the names that come and go. Builds what a disk may hold after the power went at any place between two of them: what is
/// in a file is there for sure once the file was synced, a name once its directory was.
///
/// One at a time. The program must be linked with disk_calls.cpp, which calls it. Paths must be absolute.
class disk_recorder {
public:
    enum class kind { write, truncate, sync, name, rename, remove, mark };
    struct event {
        kind what;
        std::uint32_t node = 0;       // the file or directory; of a change of names: what bears the name
        std::uint32_t directory = 0;  // of a change of names
        std::string name, new_name;
        std::uint64_t at = 0;  // of a write; the new size of a truncation; a mark of the test's own
        std::string bytes;
    };

    /// Begins to record. What is below `root` already is on the disk.
    explicit disk_recorder(std::string root);
    ~disk_recorder();
    disk_recorder(const disk_recorder&) = delete;
    disk_recorder& operator=(const disk_recorder&) = delete;
    void stop() noexcept;

    /// Acts from now on as if the syncs of these paths were never made. Paths from the root; a directory's end with a slash.
    void leave_out_syncs(std::function<bool(std::string_view path)> which);
    /// Has the syncs of these paths fail from now on, as a disk that is broken does.
    void fail_syncs(std::function<bool(std::string_view path)> which);
    /// Puts a mark of the test's own between the calls; any thread.
    void note(std::uint64_t mark);

    /// Once it has stopped.
    const std::vector<event>& events() const noexcept { return events_; }
    /// The disk after the first `count` events and a power loss.
    disk_image after_power_loss(std::size_t count, loss what, std::mt19937_64& random) const;

    // For disk_calls.cpp: what it does is done and noted as one step.
    static disk_recorder* current() noexcept;
    std::mutex& mutex() noexcept { return mutex_; }
    bool tracks(int descriptor) const { return open_.contains(descriptor); }
    void opened(const std::string& path, bool may_create, bool truncates, int descriptor);
    void closed(int descriptor) { open_.erase(descriptor); }
    void written(int descriptor, std::string_view bytes, std::uint64_t at);
    void truncated(int descriptor, std::uint64_t size);
    void synced(int descriptor);
    bool fails_sync(int descriptor) const;
    void made_directory(const std::string& path);
    void renamed(const std::string& from, const std::string& to);
    void removed(const std::string& path);

private:
    struct node {
        bool is_directory = false;
        std::string path;     // that it was first seen under
        std::string content;  // when recording began
    };
    using names = std::map<std::pair<std::uint32_t, std::string>, std::uint32_t>;

    void adopt(const std::string& path);
    std::string path_of(int descriptor) const;
    std::optional<std::string> inside(const std::string& path) const;
    std::uint32_t add_node(const std::string& path, bool is_directory, std::string content);
    event name_event(kind what, const std::string& path, std::uint32_t bearer) const;
    std::vector<std::size_t> synced_before(std::size_t count) const;
    void collect(const names& there, const std::vector<std::string>& contents, std::uint32_t directory,
                 const std::string& path, disk_image& into) const;

    const std::string root_;
    std::mutex mutex_;
    std::vector<node> nodes_;
    std::map<std::string, std::uint32_t> by_path_;  // now
    names names_at_start_;
    std::map<int, std::uint32_t> open_;
    std::vector<event> events_;
    std::function<bool(std::string_view)> is_left_out_, is_failing_;
};

bool changes_names(const disk_recorder::event& each) noexcept;

/// Writes an image into an empty or missing directory.
void write_image(const disk_image& image, const std::string& directory);

}  // namespace carrel::testing
