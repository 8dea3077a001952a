#pragma once

#include "background/worker.hpp"
#include "siem/access_in_force.hpp"

#include <memory>

namespace carrel::siem {

/// Writes down, each minute, when sessions and tokens were last used and where tokens came from for the first time, and deletes
/// sessions whose time is over.
class access_keeper {
public:
    /// The database must outlive it.
    access_keeper(database& store, std::shared_ptr<access_in_force> in_force, log_sink log);

private:
    result<bool> step();
    result<void> note();
    result<void> note_addresses();
    result<void> end();

    database* store_;
    std::shared_ptr<access_in_force> in_force_;
    std::int64_t noted_until_ = 0;
    std::vector<new_address> addresses_;  // taken, and not written yet
    worker worker_;                       // last, since it uses the others
};

}  // namespace carrel::siem
