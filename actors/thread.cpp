#include "actors/thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace carrel::detail {
namespace {

thread_local std::uint64_t actor_of = 0;
thread_local bool is_detached = false;

}  // namespace

signals_blocked::signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
}

signals_blocked::~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void name_thread(const char* name) noexcept { pthread_setname_np(pthread_self(), name); }

std::thread start_thread(const char* name, int nice, std::function<void()> body) {
    const signals_blocked blocked;
    return std::thread([name, nice, body = std::move(body)] {
        name_thread(name);
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
        body();
    });
}

void detached_threads::start(const std::shared_ptr<detached_threads>& all, const char* name,
                             std::function<void()> body) {
    all->running_.fetch_add(1);
    try {
        start_thread(name, 0, [all, body = std::move(body)] {
            is_detached = true;
            body();
            all->ended();
        }).detach();
    } catch (...) {
        all->ended();
        throw;
    }
}

void detached_threads::ended() noexcept {
    running_.fetch_sub(1);
    running_.notify_all();
}

void detached_threads::wait() noexcept {
    if (is_detached) return;
    for (auto running = running_.load(); running != 0; running = running_.load()) running_.wait(running);
}

actor_scope::actor_scope(std::uint64_t engine_id) noexcept
    : outer_(std::exchange(actor_of, engine_id)) {}
actor_scope::~actor_scope() { actor_of = outer_; }
bool actor_scope::is_actor_of(std::uint64_t engine_id) noexcept { return actor_of == engine_id; }

}  // namespace carrel::detail
