#pragma once

#include "base/failure.hpp"
#include "resource/resource.hpp"
#include "siem/feed_source.hpp"

#include <array>
#include <memory>

// What feeds of rules and feeds of indicators have in common: where they come from, when, and what came of it.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class feed_status { active, disabled, error, syncing };
inline constexpr std::array<std::string_view, 4> feed_statuses = {"active", "disabled", "error", "syncing"};
enum class update_strategy { manual, startup, scheduled };
inline constexpr std::array<std::string_view, 3> update_strategies = {"manual", "startup", "scheduled"};
enum class sync_kind { sync, test };
inline constexpr std::array<std::string_view, 2> sync_kinds = {"sync", "test"};
inline constexpr std::array<std::string_view, 3> sync_triggers = {"manual", "startup", "scheduled"};
enum class sync_state { waiting, running, succeeded, failed };
inline constexpr std::array<std::string_view, 4> sync_states = {"waiting", "running", "succeeded", "failed"};

/// What a synchronisation led to, as it is kept in its history.
struct sync_result {
    std::vector<std::pair<std::string_view, std::int64_t>> counts;  // by name, in the order of the reply
    std::string items = "[]";                                       // JSON of what came of single items, bounded
};

/// What was read of a feed, parsed and ready to be stored.
class prepared_feed {
public:
    virtual ~prepared_feed() = default;
    /// Stores from the item `from` on, inside the job's transaction, and gives the first that is not stored yet. May be called
    /// again with the same `from`: `result` is what there was by then.
    virtual result<std::size_t> store(write_session& session, const call& request, std::size_t from,
                                      sync_result& result) const = 0;
    virtual std::size_t size() const = 0;
    /// What a test reports, and what is known before anything is stored.
    virtual sync_result found() const = 0;
};

/// One kind of feed.
struct feed_family {
    const resource& (*feeds)();
    const resource& (*history)();
    /// Reads a feed's files; on the thread of feeds. A failure is a sentence for a person.
    base::outcome<std::unique_ptr<prepared_feed>> (*prepare)(const record& feed, const fetched_source& from,
                                                             const call& request);
    /// Whether a file of an archive or a directory is one of the feed's; null for any.
    bool (*takes_file)(std::string_view name);
};
std::span<const feed_family> feed_families();

/// The fields that all feeds have, before and after their own.
std::vector<field> with_feed_fields(std::vector<field> own);
std::vector<filter> feed_filters();
/// A family's history, rows of a feed.
resource_spec feed_history(std::string_view name, std::string_view table, const resource& (*feeds)());

/// Hooks for all feeds: seals `auth_config`, checks source and schedule, sets status and the time of the next run.
void derive_feed(const resource& of, const call& request, given_members& given, bool is_new,
                 std::vector<fault>& faults);
void check_feed(const resource& of, const call& request, const record* before, record& after,
                std::vector<fault>& faults);

/// Where a feed comes from, its secrets opened.
base::outcome<feed_source> source_of(const resource& of, const record& feed);

/// CRUD, enable, disable, sync, test, history, summary.
std::vector<operation> feed_family_operations(const feed_family& of);

/// Has a feed synchronised: an entry of its history that waits. Nothing if one waits or runs already.
result<std::optional<record>> queue_sync(const feed_family& of, write_session& session, const call& request,
                                         sync_kind kind, std::size_t trigger, reply& into);

}  // namespace carrel::siem
