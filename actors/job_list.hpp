#pragma once

#include <carrel/detail/job.hpp>

#include <cstddef>
#include <utility>

namespace carrel::detail {

/// An owning first-in-first-out list linked through the jobs themselves: no allocation to queue one.
template <class Job>
class job_list {
public:
    job_list() = default;
    job_list(job_list&& other) noexcept { swap(other); }
    job_list& operator=(job_list&& other) noexcept {
        swap(other);
        return *this;
    }
    ~job_list() {
        while (auto dropped = pop_front()) dropped.reset();
    }

    bool empty() const noexcept { return head_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    Job* front() const noexcept { return head_; }
    static Job* after(const Job& one) noexcept { return static_cast<Job*>(one.next); }

    void push_back(job_ptr<Job> one) noexcept {
        Job* raw = one.release();
        raw->next = nullptr;
        if (tail_ != nullptr) tail_->next = raw;
        else head_ = raw;
        tail_ = raw;
        ++size_;
    }
    job_ptr<Job> pop_front() noexcept {
        if (head_ == nullptr) return nullptr;
        Job* raw = head_;
        head_ = after(*raw);
        if (head_ == nullptr) tail_ = nullptr;
        raw->next = nullptr;
        --size_;
        return job_ptr<Job>(raw);
    }
    /// Appends all of `other`, which is empty afterwards.
    void append(job_list& other) noexcept {
        if (other.empty()) return;
        if (tail_ != nullptr) tail_->next = other.head_;
        else head_ = other.head_;
        tail_ = other.tail_;
        size_ += other.size_;
        other.head_ = other.tail_ = nullptr;
        other.size_ = 0;
    }
    /// Takes out those for which `predicate` holds, in order.
    template <class Predicate>
    job_list extract_if(Predicate predicate) noexcept {
        job_list kept;
        job_list taken;
        while (auto one = pop_front()) {
            auto& into = predicate(*one) ? taken : kept;
            into.push_back(std::move(one));
        }
        swap(kept);
        return taken;
    }
    void swap(job_list& other) noexcept {
        std::swap(head_, other.head_);
        std::swap(tail_, other.tail_);
        std::swap(size_, other.size_);
    }

private:
    Job* head_ = nullptr;
    Job* tail_ = nullptr;
    std::size_t size_ = 0;
};

/// Whether a waiting job is no longer wanted.
inline bool has_lapsed(const job& one, steady_time now) noexcept { return one.is_cancelled() || now >= one.deadline; }
inline errc reason_lapsed(const job& one) noexcept {
    return one.is_cancelled() ? errc::cancelled : errc::deadline_exceeded;
}

}  // namespace carrel::detail
