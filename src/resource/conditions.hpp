#pragma once

#include "resource/resource.hpp"

#include <string>
#include <utility>
#include <vector>

namespace carrel::siem {

/// A condition that a table of its own knows the rows of. Few rows are found through it; of many it is cheaper to go
/// through the rows in the order of the list and to test each.
struct row_set {
    std::string among;  // `seq IN (SELECT …)`
    std::vector<value> among_values;
    std::string test;  // true of the same rows
    std::vector<value> test_values;
    std::string rows;  // selects them, for a count that ends early; with the first of `among_values`
    std::size_t rows_values = 0;
    int test_cost = 1;        // of one row, as a multiple of what it costs to fetch one
    bool is_ordered = false;  // fetched in the order of the resource's first sort
    std::string count;        // how many they are, if its own table knows; with `among_values`
};

/// A condition that many rows may pass: a column has one of a few values. The table of facets knows how many.
struct few_values {
    std::string column;
    std::vector<value> any;  // each once
};

/// The filters of a request as SQL, made on the caller's thread.
struct conditions {
    std::string where;  // ` WHERE a = ? AND …`, empty without filters
    std::vector<value> values;
    std::string canonical;  // what a cursor is bound to: the same for the same filters in any order
    std::vector<fault> faults;
    bool is_search = false;  // what it costs depends on the values
    std::vector<row_set> sets;

    void also(std::string_view condition, std::vector<value> bound = {});
    void also(few_values condition);
    void also(row_set set);
    /// Whether there is more than one way to the rows.
    bool has_ways() const noexcept { return !few.empty() || !sets.empty(); }

    /// How the rows are come by.
    struct way {
        const row_set* source = nullptr;   // the set whose rows are fetched; the others test each row
        const few_values* lead = nullptr;  // whose index is used; that of no other is
        bool walks = false;                // no index of few values is used, but for the lead's
        bool merges = false;  // a seek for each value of the lead, whose rows come in the order of the list
    };
    /// The same conditions so that SQLite goes that way. `only` is the one value of the lead that is looked at.
    conditions by(const way& chosen, const value* only = nullptr) const;
    /// What counts the rows that pass, of `table`, and what is bound for that.
    std::pair<std::string, std::vector<value>> count_of(std::string_view table) const;

    std::vector<few_values> few;

private:
    struct part {
        std::string text;
        std::vector<value> bound;
    };
    void add(std::string_view condition, const std::vector<value>& bound);
    std::vector<part> parts_;  // those of neither few values nor sets
};

/// `type = ?`, `type IN (?,?)`
std::string condition_of(const few_values& of);

using query_pairs = std::vector<std::pair<std::string, std::string>>;

/// Reads the parameters that are filters of `of`; others are left alone. `now` is what relative times are counted from.
conditions read_conditions(const resource& of, const query_pairs& query, timestamp now);

/// Whether a parameter is one of the filters.
bool is_filter(const resource& of, std::string_view parameter);

}  // namespace carrel::siem
