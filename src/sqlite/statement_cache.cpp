#include "sqlite/statement_cache.hpp"

#include <sqlite3.h>

#include <utility>

namespace carrel::sqlite {

cached_statement::~cached_statement() { sqlite3_finalize(handle); }

std::uint64_t fingerprint_of(std::string_view sql) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned char c : sql) hash = (hash ^ c) * 0x100000001b3u;
    return hash == 0 ? 1 : hash;
}

cached_statement* statement_cache::borrow(std::string_view sql) noexcept {
    auto found = by_text_.find(sql);
    if (found == by_text_.end() || found->second->borrowed) return nullptr;
    auto* entry = found->second.get();
    entry->borrowed = true;
    entry->last_used = ++clock_;
    ++borrowed_;
    return entry;
}

cached_statement* statement_cache::insert(std::unique_ptr<cached_statement> entry) {
    auto* raw = entry.get();
    if (by_text_.contains(raw->sql)) {
        keep_loose(std::move(entry));
    } else {
        if (by_text_.size() >= capacity_) evict_one();
        raw->cached = true;
        raw->last_used = ++clock_;
        by_text_.emplace(std::string_view(raw->sql), std::move(entry));
    }
    raw->borrowed = true;
    ++borrowed_;
    return raw;
}

void statement_cache::give_back(cached_statement* entry) noexcept {
    if (entry->borrowed) {
        sqlite3_reset(entry->handle);
        sqlite3_clear_bindings(entry->handle);
        entry->borrowed = false;
        entry->is_running = false;
        --borrowed_;
    }
    if (!entry->cached) end_loose(entry);
}

bool statement_cache::reclaim() noexcept {
    if (borrowed_ == 0) return false;
    for (auto it = by_text_.begin(); it != by_text_.end();) {
        if (!it->second->borrowed) {
            ++it;
            continue;
        }
        it->second->cached = false;
        keep_loose(std::move(it->second));
        it = by_text_.erase(it);
    }
    for (auto* entry = loose_.get(); entry != nullptr; entry = entry->next_loose.get()) {
        if (!entry->borrowed) continue;
        sqlite3_reset(entry->handle);
        sqlite3_clear_bindings(entry->handle);
        entry->borrowed = false;
        entry->is_running = false;
    }
    borrowed_ = 0;
    return true;
}

void statement_cache::clear() noexcept {
    by_text_.clear();
    while (loose_) loose_ = std::move(loose_->next_loose);
    borrowed_ = 0;
}

void statement_cache::keep_loose(std::unique_ptr<cached_statement> entry) noexcept {
    entry->next_loose = std::move(loose_);
    loose_ = std::move(entry);
}

void statement_cache::end_loose(const cached_statement* entry) noexcept {
    auto* link = &loose_;
    while (*link && link->get() != entry) link = &(*link)->next_loose;
    if (*link) *link = std::move((*link)->next_loose);
}

void statement_cache::evict_one() noexcept {
    auto oldest = by_text_.end();
    for (auto it = by_text_.begin(); it != by_text_.end(); ++it)
        if (!it->second->borrowed && (oldest == by_text_.end() || it->second->last_used < oldest->second->last_used))
            oldest = it;
    if (oldest != by_text_.end()) by_text_.erase(oldest);
}

}  // namespace carrel::sqlite
