#pragma once

#include <carrel/database.hpp>

#include <memory>

namespace carrel {

/// Makes the thread that runs an `io_context` a home for reads: while it exists, `async_read` calls made on that thread
/// run on a resident reader there, without a hop between threads, and replies to its handlers arrive in one post a batch.
///
/// The context must be run by one thread at a time (`io_context{1}`). Destroy the shard when `run()` is not running, before
/// the database ends. Not thread-safe itself. A thread whose `run()` has returned reads as any other thread does.
class CARREL_API shard {
public:
    /// Opens the resident reader. Errors: those of a reader's open, `errc::invalid_option` when `readers_max` is reached
    /// (one background reader is always kept), `errc::stopping`.
    static result<shard> attach(database& owner, boost::asio::io_context& context);
    shard(shard&&) noexcept;
    shard& operator=(shard&&) noexcept;
    ~shard();

private:
    CARREL_API friend result<void> run_shard(database& owner, boost::asio::io_context& context);
    shard(std::shared_ptr<detail::resident_reader> resident, std::shared_ptr<detail::engine> owner) noexcept;
    std::shared_ptr<detail::resident_reader> resident_;
    std::shared_ptr<detail::engine> owner_;
};

/// Runs `context` on this thread as a shard of `owner` until it has nothing left to do: `attach`, `context.run()`, detach.
/// Errors: those of `attach`; exceptions of handlers pass through, the shard is detached then.
CARREL_API result<void> run_shard(database& owner, boost::asio::io_context& context);

}  // namespace carrel
