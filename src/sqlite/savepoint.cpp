#include <carrel/detail/savepoint.hpp>
#include <carrel/detail/work.hpp>

#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include <utility>

namespace carrel::sqlite {

savepoint::savepoint(savepoint&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      depth_(other.depth_),
      serial_(other.serial_) {}

savepoint& savepoint::operator=(savepoint&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(depth_, other.depth_);
    std::swap(serial_, other.serial_);
    return *this;
}

savepoint::~savepoint() { (void)roll_back(); }

// False if the transaction has ended or an outer savepoint has, which ends the inner ones too.
bool savepoint::is_open() const noexcept {
    return owner_ != nullptr && owner_->in_transaction() && owner_->depth_ >= depth_ &&
           owner_->savepoints_[static_cast<std::size_t>(depth_) - 1].serial == serial_;
}

result<void> savepoint::release() {
    if (!is_open()) {
        owner_ = nullptr;
        return detail::error_with(make_error_code(static_cast<sqlite_errc>(SQLITE_ABORT_ROLLBACK)),
                                  "the transaction of the savepoint is gone");
    }
    if (auto kept = owner_->close_savepoint(depth_, true); !kept) return kept;
    owner_ = nullptr;
    return {};
}

result<void> savepoint::roll_back() {
    const bool open = is_open();
    auto* owner = std::exchange(owner_, nullptr);
    if (!open) return {};
    auto undone = owner->close_savepoint(depth_, false);
    if (!undone) (void)owner->rollback();
    return undone;
}

// -- the connection's part ---

result<savepoint> connection::open_savepoint() {
    const auto depth = static_cast<std::size_t>(depth_) + 1;
    if (auto ready = prepare_savepoints(depth); !ready) return ready.error();
    auto& at = savepoints_[depth - 1];
    if (auto opened = control(at.open); !opened) return opened.error();
    depth_ = static_cast<int>(depth);
    at.serial = ++savepoints_opened_;
    return sqlite::savepoint(*this, depth_, at.serial);
}

// Release and rollback too, for who rolls back may be out of memory.
result<void> connection::prepare_savepoints(std::size_t depth) {
    if (savepoints_.size() >= depth && savepoints_[depth - 1].rollback_to) return {};
    const auto name = "carrel_" + std::to_string(depth);
    if (savepoints_.size() < depth) savepoints_.resize(depth);
    auto& at = savepoints_[depth - 1];
    trusted_scope trusted(*this);
    if (auto ready = prepare_control(at.open, ("SAVEPOINT " + name).c_str()); !ready) return ready;
    if (auto ready = prepare_control(at.release, ("RELEASE " + name).c_str()); !ready) return ready;
    return prepare_control(at.rollback_to, ("ROLLBACK TO " + name).c_str());
}

result<void> connection::close_savepoint(int depth, bool keep) noexcept {
    auto& at = savepoints_[static_cast<std::size_t>(depth) - 1];
    if (!keep)
        if (auto undone = control(at.rollback_to); !undone) return undone;
    // A blob that is open for writing forbids it. After a rollback the savepoint may stay, with nothing in it: whatever
    // ends the outer one or the transaction ends it too, and a later one of its name comes before it.
    if (auto released = control(at.release); !released && keep) return released;
    depth_ = depth - 1;
    return {};
}

result<void> connection::savepoint() {
    auto opened = open_savepoint();
    if (!opened) return opened.error();
    job_savepoint_.emplace(*std::move(opened));
    return {};
}

result<void> connection::release() { return job_savepoint_->release(); }
result<void> connection::rollback_to_and_release() { return job_savepoint_->roll_back(); }

}  // namespace carrel::sqlite
