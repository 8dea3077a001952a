#pragma once

#include "siem/event_sealing.hpp"

#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

namespace carrel::testing {

inline bool replace(domain& d, const siem::sealed_run& run) {
    return d.write([&](write_session& session) { return siem::replace(session, run); }).value();
}

/// What sealing has done.
struct sealing_work {
    int runs = 0;
    std::int64_t events = 0;  // written again
};

/// Seals until there is nothing to do.
inline sealing_work seal_work(domain& d) {
    for (sealing_work done;;) {
        const auto run = d.read(siem::seal_segments).value();
        if (!run) return done;
        BOOST_REQUIRE(replace(d, *run));
        ++done.runs;
        done.events += run->events;
    }
}
inline int seal_all(domain& d) { return seal_work(d).runs; }

}  // namespace carrel::testing
