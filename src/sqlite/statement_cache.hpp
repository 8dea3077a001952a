#pragma once

#include "sqlite/statement_record.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3_stmt;

namespace carrel::sqlite {

struct cached_statement {
    sqlite3_stmt* handle = nullptr;
    std::string sql;
    std::uint64_t fingerprint = 0;  // of the SQL text
    std::uint64_t last_used = 0;
    bool borrowed = false;
    bool cached = false;  // false: finalized when given back
    bool reads_only = false;
    std::unique_ptr<cached_statement> next_loose;  // link of those that are borrowed but not cached

    // Of the normalised text, for who counts: see query_meter.
    std::shared_ptr<statement_record> record;  // null: nobody counts
    std::uint64_t key = 0;
    std::uint64_t rows = 0;  // of the execution that runs
    std::chrono::steady_clock::time_point begun;
    bool is_running = false;

    ~cached_statement();
};

/// FNV-1a over the text: names a statement in the memory of deep ones.
std::uint64_t fingerprint_of(std::string_view sql) noexcept;

/// Prepared statements of one connection by their text; the least recently used goes when it is full.
class statement_cache {
public:
    explicit statement_cache(std::size_t capacity)
        : capacity_(capacity) {}

    /// A free statement with this text, now borrowed; null if there is none.
    cached_statement* borrow(std::string_view sql) noexcept;
    /// Takes a new statement in, borrowed. Not kept beyond its use when one with the same text is there already.
    cached_statement* insert(std::unique_ptr<cached_statement> entry);
    /// Resets a statement and frees it for the next; unbinds, since its values die with the job.
    void give_back(cached_statement* entry) noexcept;
    /// Resets what is still borrowed and parts with it, so that its late return harms nobody. True if there was any.
    bool reclaim() noexcept;
    void clear() noexcept;

    std::size_t size() const noexcept { return by_text_.size(); }

private:
    void evict_one() noexcept;
    void keep_loose(std::unique_ptr<cached_statement> entry) noexcept;
    void end_loose(const cached_statement* entry) noexcept;

    std::size_t capacity_;
    std::uint64_t clock_ = 0;
    std::size_t borrowed_ = 0;
    std::unordered_map<std::string_view, std::unique_ptr<cached_statement>> by_text_;
    std::unique_ptr<cached_statement> loose_;  // a list: borrowed but not cached
};

}  // namespace carrel::sqlite
