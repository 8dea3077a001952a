#pragma once

#include "access/permission.hpp"

#include <initializer_list>

namespace carrel::access {

/// Who may run an operation. One that does not say it is run by nobody.
class requirement {
public:
    constexpr requirement() = default;
    static constexpr requirement anyone() { return requirement(kind::anyone, {}); }
    /// Who has shown who they are, whatever they may do.
    static constexpr requirement signed_in() { return requirement(kind::signed_in, {}); }
    /// Who has all of these.
    static constexpr requirement all_of(permission_set wanted) { return requirement(kind::permitted, wanted); }
    constexpr requirement(permission wanted)
        : requirement(kind::permitted, permission_set::of({wanted})) {}

    constexpr bool is_said() const noexcept { return kind_ != kind::unsaid; }
    constexpr bool is_for_anyone() const noexcept { return kind_ == kind::anyone; }
    /// What is requested: empty for those whom it is enough to know.
    constexpr permission_set wanted() const noexcept { return wanted_; }
    constexpr bool is_met_by(permission_set held) const noexcept { return is_said() && held.has_all(wanted_); }

private:
    enum class kind : unsigned char { unsaid, anyone, signed_in, permitted };
    constexpr requirement(kind of, permission_set wanted)
        : kind_(of),
          wanted_(wanted) {}

    kind kind_ = kind::unsaid;
    permission_set wanted_;
};

}  // namespace carrel::access
