#pragma once

#include <carrel/detail/job.hpp>

#include <cstddef>
#include <memory>
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
    Job* front() noexcept { return head_; }

    void push_back(std::unique_ptr<Job> job) noexcept {
        Job* raw = job.release();
        raw->next = nullptr;
        if (tail_ != nullptr) tail_->next = raw;
        else head_ = raw;
        tail_ = raw;
        ++size_;
    }
    void push_front(std::unique_ptr<Job> job) noexcept {
        Job* raw = job.release();
        raw->next = head_;
        head_ = raw;
        if (tail_ == nullptr) tail_ = raw;
        ++size_;
    }
    std::unique_ptr<Job> pop_front() noexcept {
        if (head_ == nullptr) return nullptr;
        Job* raw = head_;
        head_ = static_cast<Job*>(raw->next);
        if (head_ == nullptr) tail_ = nullptr;
        raw->next = nullptr;
        --size_;
        return std::unique_ptr<Job>(raw);
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

}  // namespace carrel::detail
