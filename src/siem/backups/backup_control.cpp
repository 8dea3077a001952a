#include "siem/backups/backup_control.hpp"

#include <mutex>

namespace carrel::siem {

namespace {

struct in_force {
    std::mutex mutex;
    std::shared_ptr<backup_control> control;  // guarded by mutex
};

in_force& all() {
    static in_force one;
    return one;
}

}  // namespace

std::shared_ptr<backup_control> backups_in_force() {
    const std::lock_guard lock(all().mutex);
    return all().control;
}

void set_backups_in_force(std::shared_ptr<backup_control> control) {
    const std::lock_guard lock(all().mutex);
    all().control.swap(control);
}

}  // namespace carrel::siem
