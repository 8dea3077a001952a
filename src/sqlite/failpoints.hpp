#pragma once

// Faults that can be built into the engine so that the harnesses of tests/crash and tests/faults can be seen to catch
// them. Only a build with CARREL_FAILPOINTS, which those tests alone set, holds any of this; elsewhere each question is
// the constant false. The only header of its kind: production files ask it and hold no fault of their own.
namespace carrel {

enum class failpoint {
    none,
    spill,                // the writer's page cache spills into the WAL before the commit
    early_ack,            // jobs are acknowledged before COMMIT
    no_rerun,             // neighbours of a job that rolled the transaction back are not run again
    second_checkpointer,  // a second connection checkpoints too
    early_snapshot,       // a reader's snapshot is begun before its queue is drained
    single_connection,    // one connection for everything and a commit a mutation, for comparison
    endless_snapshot,     // no reader is interrupted, whatever the size of the WAL
    lost_reply,           // a reply that its executor had no memory for is not offered again
    seal_drops_event,     // of the events that are put together in a segment, the eleventh is left out
    deletion_drops_held,  // a deletion does not ask whether an event is held
    cut_loses_neighbour,  // of a segment that is cut, the event behind one that goes is left out
    filter_says_no,       // a filter denies one in sixteen of the tokens that it holds
};

namespace failpoints {

#ifdef CARREL_FAILPOINTS
inline constexpr bool are_built_in = true;
#else
inline constexpr bool are_built_in = false;
#endif

/// The failpoint that the environment variable CARREL_FAILPOINT names. Only defined in a build with failpoints.
failpoint chosen() noexcept;
/// Begins a checkpoint of `database_path` on a connection and a thread of its own. Only defined in a build with failpoints.
void checkpoint_elsewhere(const char* database_path);

/// Whether this process is to show the fault.
inline bool is_set(failpoint which) noexcept {
    if constexpr (are_built_in) return chosen() == which;
    else return false;
}

}  // namespace failpoints
}  // namespace carrel
