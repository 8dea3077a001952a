#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

// The engine's own threads, and what they are known by.
namespace carrel::detail {

/// Blocks every signal on this thread while it lives: threads made meanwhile take none of the host's signals.
class signals_blocked {
public:
    signals_blocked() noexcept;
    ~signals_blocked();
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_;
};

/// Starts a thread with all signals blocked, this name (at most 15 characters) and this priority (nice, 0–19). Throws
/// `std::system_error` if there is no room for one.
std::thread start_thread(const char* name, int nice, std::function<void()> body);

/// Threads of an engine that nobody joins: it can wait for their end. Shared with them, for they may outlive it.
class detached_threads {
public:
    /// Starts one more; throws as `start_thread`.
    static void start(const std::shared_ptr<detached_threads>& all, const char* name, std::function<void()> body);
    /// Until none runs. On one of them at once, for it would wait for itself.
    void wait() noexcept;

private:
    void ended() noexcept;
    std::atomic<int> running_{0};
};

/// Names the calling thread.
void name_thread(const char* name) noexcept;

/// Marks this thread as an actor's of one engine while it lives: what waits for that engine here would wait for itself.
class actor_scope {
public:
    explicit actor_scope(std::uint64_t engine_id) noexcept;
    ~actor_scope();
    actor_scope(const actor_scope&) = delete;
    actor_scope& operator=(const actor_scope&) = delete;
    static bool is_actor_of(std::uint64_t engine_id) noexcept;

private:
    std::uint64_t outer_;
};

}  // namespace carrel::detail
