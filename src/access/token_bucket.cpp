#include "access/token_bucket.hpp"

#include "base/siphash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <vector>

namespace carrel::access {
namespace {

using nanoseconds = std::int64_t;
constexpr nanoseconds second = 1'000'000'000;
// Buckets that take longer to fill are kept from overflowing sums: three years.
constexpr double fill_ns_max = 1e17;
constexpr std::size_t ways = 8, locks_max = 64;

// A bucket is one number: when it will be full. One that was never used has been full for ever.
struct alignas(64) bucket_set {
    bucket_set() noexcept { full_at.fill(std::numeric_limits<nanoseconds>::min()); }
    std::array<std::uint64_t, ways> keys{};
    std::array<nanoseconds, ways> full_at;

    /// The key's place, or else that of the bucket which is fullest.
    std::size_t place_of(std::uint64_t key) const noexcept {
        std::size_t fullest = 0;
        for (std::size_t i = 0; i < ways; ++i) {
            if (keys[i] == key) return i;
            if (full_at[i] < full_at[fullest]) fullest = i;
        }
        return fullest;
    }
};

struct alignas(64) padded_mutex {
    std::mutex value;
};

std::uint64_t mixed(std::uint64_t key) noexcept {
    return base::siphash<1, 3>(base::process_hash_key())({reinterpret_cast<const char*>(&key), sizeof key});
}

}  // namespace

struct rate_limiter::table {
    table(double token, double fill, std::size_t sets_count)
        : token_ns(token),
          fill_ns(fill),
          sets(sets_count),
          locks(std::min(sets_count, locks_max)) {}

    double token_ns, fill_ns;
    std::vector<bucket_set> sets;
    std::vector<padded_mutex> locks;
};

rate_limiter::rate_limiter(double rate, double burst, std::size_t entries_max) {
    if (!(rate > 0)) return;
    const double token_ns = std::min(1e9 / rate, fill_ns_max);
    const double fill_ns = std::min(std::max(burst, 1.0) * token_ns, fill_ns_max);
    const auto sets = std::bit_ceil((std::max<std::size_t>(entries_max, 1) + ways - 1) / ways);
    table_ = std::make_unique<table>(token_ns, fill_ns, sets);
}

rate_limiter::~rate_limiter() = default;
rate_limiter::rate_limiter(rate_limiter&&) noexcept = default;
rate_limiter& rate_limiter::operator=(rate_limiter&&) noexcept = default;

bool rate_limiter::is_off() const noexcept { return table_ == nullptr; }

std::optional<std::chrono::seconds> rate_limiter::take(std::string_view key, clock::time_point now,
                                                       double cost) noexcept {
    return take(base::keyed_hash(key), now, cost);
}

std::optional<std::chrono::seconds> rate_limiter::take(std::uint64_t key, clock::time_point now, double cost) noexcept {
    if (!table_) return std::nullopt;
    const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    const auto taken = static_cast<nanoseconds>(std::clamp(cost * table_->token_ns, 0.0, table_->fill_ns));
    const auto latest = at + static_cast<nanoseconds>(table_->fill_ns);
    const auto hash = mixed(key);
    auto& set = table_->sets[hash & (table_->sets.size() - 1)];
    const std::lock_guard lock(table_->locks[hash & (table_->locks.size() - 1)].value);
    const auto place = set.place_of(key);
    const auto full_at = (set.keys[place] == key ? std::max(set.full_at[place], at) : at) + taken;
    if (full_at > latest)
        return std::chrono::seconds(std::max((full_at - latest + second - 1) / second, nanoseconds{1}));
    set.keys[place] = key;
    set.full_at[place] = full_at;
    return std::nullopt;
}

}  // namespace carrel::access
