#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

/// Faults that a reply lists; of those beyond it gives the number.
inline constexpr std::size_t faults_max = 100;
/// Characters of a client's text that a reply repeats.
inline constexpr std::size_t quoted_max = 100;

/// A problem made of its faults; there must be one. The detail is that of the first, and says how many more there are;
/// `uncounted` are those that nobody listed.
problem problem_of(problem_code code, std::vector<fault> faults, std::size_t uncounted = 0);
/// A text of the client's, cut to `quoted_max` characters. An object: beside a function std::quoted would be found for a
/// std::string, and be the better match, wherever <iomanip> is included.
struct quotation {
    std::string operator()(std::string_view text) const;
};
inline constexpr quotation quoted;
problem problem_of(problem_code code, std::string field, std::string detail);

/// `what` is the noun: alert, event.
problem not_found(std::string_view what, std::string_view id);

}  // namespace carrel::siem
