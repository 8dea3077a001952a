#pragma once

#include "json/writer.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace carrel::siem {

/// How often a model was right and wrong, and what follows from it. What would be divided by nothing has no value.
struct confusion {
    std::array<std::int64_t, 4> counts{};  // in the order of `feedback_outcome`

    std::int64_t true_positives() const noexcept { return counts[0]; }
    std::int64_t true_negatives() const noexcept { return counts[1]; }
    std::int64_t false_positives() const noexcept { return counts[2]; }
    std::int64_t false_negatives() const noexcept { return counts[3]; }

    std::optional<double> precision() const noexcept { return ratio(counts[0], counts[2]); }
    std::optional<double> recall() const noexcept { return ratio(counts[0], counts[3]); }
    std::optional<double> false_positive_rate() const noexcept { return ratio(counts[2], counts[1]); }
    std::optional<double> false_negative_rate() const noexcept { return ratio(counts[3], counts[0]); }
    std::optional<double> accuracy() const noexcept { return ratio(counts[0] + counts[1], counts[2] + counts[3]); }
    /// The harmonic mean of precision and recall.
    std::optional<double> f1_score() const noexcept { return ratio(2 * counts[0], counts[2] + counts[3]); }

private:
    static std::optional<double> ratio(std::int64_t part, std::int64_t other) noexcept {
        if (part + other == 0) return std::nullopt;
        return static_cast<double>(part) / static_cast<double>(part + other);
    }
};

/// Writes the members of an open object.
void write_confusion(const confusion& of, json::writer& out);

}  // namespace carrel::siem
