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
              bytes_(other.bytes_) {}
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

    /// False, and nothing is taken, if that much is not left.
    bool take(std::size_t bytes, claim& into) noexcept {
        if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes > max_) {
            used_.fetch_sub(bytes, std::memory_order_relaxed);
            return false;
        }
        claim taken;
        taken.of_ = this;
        taken.bytes_ = bytes;
        into = std::move(taken);
        return true;
    }
    std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
    std::size_t max_;
    std::atomic<std::size_t> used_{0};
};

}  // namespace carrel::http
