#pragma once

#include <carrel/database.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace carrel::siem {

/// Whether it is worth while to look for work: something has been committed since the last look, or so long ago was that one that
/// what comes due by the clock may be there. So nobody reads a database in which nothing happens. The threads that look for the
/// same work share one; thread-safe.
class commit_watch {
public:
    /// The database must outlive it. `due_every` is how often to look without a commit; nothing: work comes with commits alone.
    explicit commit_watch(const database& store, std::optional<std::chrono::milliseconds> due_every = {}) noexcept
        : store_(&store),
          due_every_(due_every) {}

    /// Runs `find`, which looks for work, does it and returns whether there was any, if a look is worth while; else there is none.
    /// After work, or a failure, the next look is worth while, too.
    template <class Find>
    auto look(Find&& find) -> decltype(find()) {
        if (!take()) return false;
        auto found = find();
        if (!found || *found) give_back();
        return found;
    }

private:
    bool take();
    void give_back();

    const database* store_;
    std::optional<std::chrono::milliseconds> due_every_;
    std::mutex mutex_;
    // Guarded by mutex_.
    std::optional<std::uint64_t> seen_;  // the last commit before the last look; nothing: look
    std::chrono::steady_clock::time_point look_at_{};
};

}  // namespace carrel::siem
