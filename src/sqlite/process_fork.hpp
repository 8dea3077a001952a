#pragma once

#include <sys/types.h>

#include <cstdint>

namespace carrel::detail {

/// How often this process descends from a fork since the first database was opened in its line: 0 in the process that
/// opened it, one more in each child. One relaxed load; compare it with the value kept at open. A child made by a bare
/// `_Fork` or `clone` is not counted.
std::uint32_t fork_generation() noexcept;

}  // namespace carrel::detail

namespace carrel::sqlite {

/// What a file guard of this process holds: the file's inode and the descriptors whose locks are this process's.
struct held_file {
    dev_t device = 0;
    ino_t inode = 0;
    int file_fd = -1;
    int lock_fd = -1;
};

enum class holder { nobody, this_process, parent };

/// Who has the file open through a guard. `parent`: it was open when this process was forked. SQLite's own table of
/// open files was copied with it, so this process must never open that file before it runs `exec`.
holder holder_of(dev_t device, ino_t inode);
/// Registers what a guard holds; a forked child closes these descriptors at once, so that no child keeps a lock.
void add_held_file(const held_file& held);
void remove_held_file(dev_t device, ino_t inode) noexcept;

/// Closes a descriptor of a database file, unless some connection holds POSIX locks on that file: closing would drop
/// them if they are this process's. Then the descriptor is kept for the next call of `take_kept_descriptor`.
void close_or_keep(int fd) noexcept;
/// A kept descriptor of this file, or -1.
int take_kept_descriptor(dev_t device, ino_t inode) noexcept;

}  // namespace carrel::sqlite
