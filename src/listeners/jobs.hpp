#pragma once

#include "siem/listeners/listener_store.hpp"

#include <optional>
#include <string>
#include <vector>

// What a supervisor has the database do.
namespace carrel::listeners {

using loaded = std::optional<siem::stored_listener>;

struct load_work {
    std::string id;
    result<loaded> operator()(read_session& session) const { return siem::load_listener(session, id); }
};
struct settle_work {
    siem::listener_progress progress;
    result<std::optional<siem::settled_listener>> operator()(write_session& session) const {
        return siem::settle_listener(session, progress);
    }
};
struct count_work {
    std::vector<siem::listener_progress> all;
    result<void> operator()(write_session& session) const { return siem::count_listeners(session, all); }
};

}  // namespace carrel::listeners
