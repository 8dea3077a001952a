#pragma once

#include "base/time.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::siem {

/// When something is done again: an interval (`30m`, `6h`, `1d`; a minute at least), or five fields of cron in UTC
/// (`0 3 * * 1-5`): minute, hour, day of the month, month, day of the week. With both days given either will do, as in cron.
class feed_schedule {
public:
    static std::optional<feed_schedule> parse(std::string_view text);

    /// The first time after `after`; nothing if there is none within some years (the 30th of February).
    std::optional<timestamp> next(timestamp after) const;

private:
    bool is_day(std::int64_t days_since_epoch) const;

    timestamp interval_ = 0;  // 0: by the fields
    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;  // from Sunday
    bool any_day_ = true, any_weekday_ = true;
};

}  // namespace carrel::siem
