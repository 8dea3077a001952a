#include "support/fault_vfs.hpp"

#include "support/shim_vfs.hpp"

#include <sqlite3.h>

namespace carrel::testing {
namespace {

class knobs final : public io_hooks {
public:
    int before(const io_call& call, int&) override {
        if (call.file == file_kind::database && call.kind == io_kind::write && fault_vfs::fail_main_write)
            return SQLITE_IOERR_WRITE;
        if (call.file != file_kind::wal) return SQLITE_OK;
        if (call.kind == io_kind::write) {
            ++fault_vfs::writes;
            if (fault_vfs::fail_wal_write) return SQLITE_IOERR_WRITE;
            if (fault_vfs::wal_disk_full) return SQLITE_FULL;
        }
        if (call.kind == io_kind::sync) {
            ++fault_vfs::syncs;
            if (fault_vfs::fail_wal_sync) return SQLITE_IOERR_FSYNC;
        }
        return SQLITE_OK;
    }
};

}  // namespace

void fault_vfs::install() {
    static knobs hooks;
    shim_vfs::install();
    shim_vfs::set_hooks(&hooks);
}

void fault_vfs::heal() { fail_wal_sync = fail_wal_write = wal_disk_full = fail_main_write = false; }

}  // namespace carrel::testing
