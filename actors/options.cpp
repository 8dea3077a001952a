#include <carrel/options.hpp>

#include <array>
#include <bit>
#include <string>

namespace carrel {
namespace {

struct range {
    const char* name;
    long long value, least, most;
};

template <class T>
long long number(T value) {
    if constexpr (requires { value.count(); }) return static_cast<long long>(value.count());
    else return static_cast<long long>(value);
}

result<void> validate_path(const std::string& path) {
    if (path.empty()) return error(errc::invalid_option, "path is empty");
    if (path.find('\0') != path.npos) return error(errc::invalid_option, "path holds a NUL");
    if (path.starts_with("file:"))
        return error(errc::invalid_option, "path = " + path + " is a URI; a file of that name is ./" + path);
    return {};
}

result<void> validate_page_size(const std::optional<std::size_t>& bytes) {
    if (!bytes || (std::has_single_bit(*bytes) && *bytes >= 512 && *bytes <= 65'536)) return {};
    return error(errc::invalid_option,
                 "page_size = " + std::to_string(*bytes) + " is not a power of two in 512 to 65536");
}

}  // namespace

result<void> options::validate() const {
    constexpr long long mi = 1 << 20;
    constexpr long long gi = 1 << 30;
    const std::array ranges{
        range{"readers_max", number(readers_max), 1, 256},
        range{"readers_idle", number(readers_idle), 0, 256},
        range{"reader_lifetime (ms)", number(reader_lifetime), 0, 86'400'000},
        range{"reader_idle_time (ms)", number(reader_idle_time), 0, 86'400'000},
        range{"read_budget (us)", number(read_budget), 50, 1'000'000},
        range{"read_batch_jobs_max", number(read_batch_jobs_max), 1, 4'096},
        range{"read_queue_jobs_max", number(read_queue_jobs_max), 1, mi},
        range{"deep_reads_max", number(deep_reads_max), 0, 256},
        range{"background_nice", background_nice, 0, 19},
        range{"batch_jobs_max", number(batch_jobs_max), 1, 65'536},
        range{"batch_bytes_max", number(batch_bytes_max), 64 << 10, gi},
        range{"batch_time_max (ms)", number(batch_time_max), 1, 10'000},
        range{"bulk_slice (ms)", number(bulk_slice), 1, 10'000},
        range{"write_queue_jobs_max", number(write_queue_jobs_max), 1, mi},
        range{"write_queue_bytes_max", number(write_queue_bytes_max), 64 << 10, 16 * gi},
        range{"deadline_max (ms)", number(deadline_max), 1, 3'600'000},
        range{"deadline_default (ms)", number(deadline_default), 1, number(deadline_max)},
        range{"checkpoint_frames", number(checkpoint_frames), 1, mi},
        range{"wal_soft_bytes", number(wal_soft_bytes), 64 << 10, 64 * gi},
        range{"wal_hard_bytes", number(wal_hard_bytes), number(wal_soft_bytes), 64 * gi},
        range{"statement_cache", number(statement_cache), 8, 4'096},
        range{"page_cache_kib", number(page_cache_kib), 256, 4 * mi},
        range{"background_cache_kib", number(background_cache_kib), 256, 4 * mi},
        range{"busy_timeout (ms)", number(busy_timeout), 0, 60'000},
        range{"value_bytes_max", number(value_bytes_max), mi, gi - 1},
        range{"exhaustion_threshold (ms)", number(exhaustion_threshold), 1, 60'000},
        range{"slow_statement_time (ms)", number(slow_statement_time), 0, 60'000},
    };
    for (const auto& one : ranges)
        if (one.value < one.least || one.value > one.most)
            return error(errc::invalid_option, std::string(one.name) + " = " + std::to_string(one.value) +
                                                   " is not in " + std::to_string(one.least) + " to " +
                                                   std::to_string(one.most));
    if (auto valid = validate_path(path); !valid) return valid;
    return validate_page_size(page_size);
}

}  // namespace carrel
