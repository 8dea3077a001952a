#pragma once

#include <carrel/error.hpp>
#include <carrel/function.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct sqlite3;

namespace carrel {
struct text_function;
}

namespace carrel::sqlite {

/// What host code threw where SQLite has no way to hand an error on: in a collation. Of one connection.
class host_failures {
public:
    struct collation_context {
        const collation* order;
        host_failures* owner;
    };

    bool any() const noexcept { return has_failed_; }
    void note(const std::string& what) noexcept { has_failed_ = true, what_ = &what; }
    /// The first failure since the last call.
    error take();

    /// What SQLite hands back to the collation's callback; lives as long as this.
    collation_context& add(const collation& order) { return contexts_.emplace_back(collation_context{&order, this}); }

private:
    bool has_failed_ = false;
    const std::string* what_ = nullptr;  // name of the collation
    std::deque<collation_context> contexts_;
};

/// Adds functions to a connection; `errc::invalid_option` names one that SQLite cannot have. They must outlive it.
result<void> add_functions(sqlite3* db, std::span<const text_function> functions);
result<void> add_functions(sqlite3* db, const std::vector<scalar_function>& functions);
result<void> add_collations(sqlite3* db, const std::vector<collation>& collations, host_failures& failures);

}  // namespace carrel::sqlite
