#pragma once

#include <cstdint>
#include <string_view>

namespace carrel::testing {

enum class io_kind { open, write, truncate, sync, unfetch, remove };
enum class file_kind { database, wal, journal, other };

/// One call of SQLite's to the file system.
struct io_call {
    io_kind kind;
    file_kind file;
    std::string_view path;
    std::string_view bytes = {};  // of a write
    std::int64_t at = 0;          // of a write; the new size of a truncation
};

/// What a test does around those calls, on whichever thread makes them.
class io_hooks {
public:
    virtual ~io_hooks() = default;
    /// Anything but SQLITE_OK is SQLite's answer, and the call is not made. Of a write that is refused, the first
    /// `partial` bytes reach the file all the same.
    virtual int before(const io_call& call, int& partial);
    /// The call succeeded. A removal is reported here only.
    virtual void after(const io_call& call);
};

/// A SQLite VFS over the system's one that lets hooks watch and refuse. Installed as the process's default VFS before
/// the first database is opened.
struct shim_vfs {
    static void install();
    /// Null: calls go straight through. Change it only while no connection is at work.
    static void set_hooks(io_hooks* hooks);
};

}  // namespace carrel::testing
