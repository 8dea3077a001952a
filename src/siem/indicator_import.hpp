#pragma once

#include "indicators/candidate.hpp"
#include "siem/indicators.hpp"

#include <memory>
#include <string>
#include <vector>

namespace carrel::siem {

/// What an import says of all its indicators, where an item does not.
struct import_defaults {
    std::optional<indicators::kind> of;  // else the kind that the value most likely has
    std::int64_t status = 0, severity = 2;
    double confidence = 50;
    std::vector<std::string> tags;
    std::optional<std::string> source, feed_id;
};

/// Why an item of an import is no indicator.
struct rejected_item {
    std::size_t line = 0;
    std::string path, detail;
};

/// An indicator that is ready to be stored.
struct prepared_indicator {
    indicators::kind of;
    std::string normalized;
    indicators::candidate from;
};

/// What becomes of an import. Immutable once it is made; shared by the jobs that store it.
struct prepared_import {
    static constexpr std::size_t items_max = 250'000;
    static constexpr std::size_t reasons_max = 100;

    import_defaults defaults;
    std::vector<prepared_indicator> items;  // no two of the same
    std::int64_t rejected = 0, repeated = 0;
    std::vector<rejected_item> reasons;  // the first
};

struct import_totals {
    std::int64_t created = 0, updated = 0, unchanged = 0;
};

/// Normalizes what was read. On whatever thread; no session. `going` is called now and then: whether to go on.
result<prepared_import> prepare_import(indicators::reading read, import_defaults defaults,
                                       const std::function<result<void>()>& going);

/// Stores items from `at` on until the job should end for others' sake, and counts them; `at` is then behind them. Each call
/// is a transaction of its own: what a caller counts and where it stands must be undone with it.
result<void> store_import(write_session& session, const call& request, const prepared_import& all, std::size_t& at,
                          import_totals& totals);

/// What storing would count.
result<import_totals> try_import(read_session& session, const call& request, const prepared_import& all);

}  // namespace carrel::siem
