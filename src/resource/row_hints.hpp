#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Where the rows of ids that were read before are. Half of what a point read costs is the way through the index from the
/// id to the row; with the row's number a read goes to it directly.
///
/// Only hints: a row found by one must have its id compared as well, and if there is another or none, the id is looked up. So
/// they are right whatever was deleted since, in any snapshot and any database. One table a thread, without a lock; it
/// grows with what is read, to 4 MiB, and then drops old ones.
class row_hints {
public:
    static row_hints& of_this_thread();

    /// Of a row of `table` with this id.
    static std::uint64_t key_of(std::string_view table, std::string_view id) noexcept;

    /// The number of the row that the key had last; 0 if that is not known.
    std::int64_t find(std::uint64_t key) const noexcept;
    void add(std::uint64_t key, std::int64_t row);
    /// Has the processor fetch what `find` will look at; the table is larger than its caches.
    void prefetch(std::uint64_t key) const noexcept { __builtin_prefetch(&buckets_[key % buckets_.size()]); }

    std::size_t size() const noexcept { return held_; }

private:
    struct slot {
        std::uint64_t key = 0;
        std::int64_t row = 0;
    };
    // As many as fill a cache line, which is all that a look costs.
    static constexpr std::size_t slots_a_bucket = 4;
    static constexpr std::size_t buckets_min = 256;
    static constexpr std::size_t buckets_max = 65'536;
    struct alignas(64) bucket {
        std::array<slot, slots_a_bucket> slots;
    };

    void put(std::uint64_t key, std::int64_t row) noexcept;
    void grow();

    std::vector<bucket> buckets_{buckets_min};
    std::size_t held_ = 0;
};

}  // namespace carrel::siem
