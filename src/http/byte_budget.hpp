#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace carrel::http {

/// Bytes that all shards together may hold of something. Thread-safe.
class byte_budget {
public:
    explicit byte_budget(std::size_t max) noexcept
        : max_(max) {}

    /// A part of the budget, given back when it ends.
    class claim {
    public:
        claim() = default;
        claim(claim&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)),
              bytes_(std::exchange(other.bytes_, 0)) {}
        claim& operator=(claim&& other) noexcept {
            std::swap(of_, other.of_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~claim() {
            if (of_ != nullptr) of_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
        }

    private:
        friend class byte_budget;
        byte_budget* of_ = nullptr;
        std::size_t bytes_ = 0;
    };

    /// Makes a claim one of so many bytes. False, and it stays as it is, if there is not that much more.
    bool resize(claim& held, std::size_t bytes) noexcept {
        if (bytes == held.bytes_) return true;  // also of what never held anything, and touches nothing that is shared
        if (bytes > held.bytes_ && !take(bytes - held.bytes_)) return false;
        if (bytes < held.bytes_) used_.fetch_sub(held.bytes_ - bytes, std::memory_order_relaxed);
        held.of_ = this;
        held.bytes_ = bytes;
        return true;
    }
    /// Whether a claim of so many bytes could be made now.
    bool has_room(std::size_t bytes) const noexcept { return used() + bytes <= max_; }
    std::size_t max() const noexcept { return max_; }
    std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
    bool take(std::size_t bytes) noexcept {
        if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= max_) return true;
        used_.fetch_sub(bytes, std::memory_order_relaxed);
        return false;
    }

    std::size_t max_;
    std::atomic<std::size_t> used_{0};
};

}  // namespace carrel::http
