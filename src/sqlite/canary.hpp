#pragma once

// Faults that can be built into the engine so that the harnesses of tests/crash and tests/faults can be seen to catch
// them. Nothing of this is in a build without CARREL_CANARIES, which only those tests set.
namespace carrel::canary {

enum class fault {
    none,
    spill,                // the writer's page cache spills into the WAL before the commit
    early_ack,            // jobs are acknowledged before COMMIT
    no_rerun,             // neighbours of a job that rolled the transaction back are not run again
    second_checkpointer,  // a second connection checkpoints too
    early_snapshot,       // a reader's snapshot is begun before its queue is drained
    endless_snapshot,     // no reader is interrupted, whatever the size of the WAL
};

#ifdef CARREL_CANARIES
inline constexpr bool is_built_in = true;
#else
inline constexpr bool is_built_in = false;
#endif

/// The fault that the environment variable CARREL_CANARY names. Only defined in a build with canaries.
fault chosen() noexcept;
/// Begins a checkpoint of `database_path` on a connection and a thread of its own. Only defined in a build with canaries.
void checkpoint_elsewhere(const char* database_path);

inline bool sings(fault which) noexcept {
    if constexpr (is_built_in) return chosen() == which;
    else return false;
}

}  // namespace carrel::canary
