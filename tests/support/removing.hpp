#pragma once

#include "siem/event_deletion.hpp"
#include "siem/event_retention.hpp"

#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

namespace carrel::testing {

/// One step of the oldest deletion, as the keeper does it; false if there is none.
inline bool delete_a_step(domain& d, siem::timestamp now = 1'700'000'001'000'000) {
    const auto job = d.read(siem::next_deletion).value();
    if (!job) return false;
    if (job->has_rows) {
        BOOST_REQUIRE(d.write([&](write_session& s) { return siem::delete_rows(s, *job, now); }).value());
        return true;
    }
    const auto step = d.read([&](read_session& s) { return siem::plan_removal(s, job->wanted); }).value();
    BOOST_REQUIRE(d.write([&](write_session& s) { return siem::delete_segments(s, *job, step, now); }).value());
    return true;
}

/// All of them; how many steps it took.
inline int delete_all(domain& d) {
    int steps = 0;
    while (delete_a_step(d)) ++steps;
    return steps;
}

}  // namespace carrel::testing
