#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace carrel::access {

/// What a principal may do. The numbers are stored, so a new one goes to the end and none is ever taken away.
enum class permission : std::uint8_t {
    read_events,
    write_events,
    delete_events,
    read_alerts,
    write_alerts,
    alert_acknowledge,
    alert_assign,
    alert_disposition,
    read_rules,
    write_rules,
    read_actions,
    write_actions,
    read_iocs,
    write_iocs,
    read_hunts,
    write_hunts,
    read_investigations,
    write_investigations,
    read_listeners,
    write_listeners,
    read_users,
    write_users,
    admin_system,
    read_system,
};
inline constexpr std::size_t permission_count = 24;

/// As requests and replies write it: `read:events`.
std::string_view name_of(permission which) noexcept;
std::optional<permission> permission_named(std::string_view name) noexcept;

/// A set of permissions, as cheap as a number: a check is one `and`.
class permission_set {
public:
    constexpr permission_set() noexcept = default;
    static constexpr permission_set of(std::initializer_list<permission> members) noexcept {
        permission_set made;
        for (const auto each : members) made.add(each);
        return made;
    }
    static constexpr permission_set all() noexcept { return from_mask(~std::uint64_t{0}); }
    /// Of what `mask` gave; bits that stand for no permission are dropped.
    static constexpr permission_set from_mask(std::uint64_t mask) noexcept {
        permission_set made;
        made.mask_ = mask & ((std::uint64_t{1} << permission_count) - 1);
        return made;
    }

    constexpr bool has(permission which) const noexcept { return (mask_ & bit_of(which)) != 0; }
    constexpr bool has_all(permission_set others) const noexcept { return (mask_ & others.mask_) == others.mask_; }
    constexpr permission_set without(permission_set others) const noexcept { return from_mask(mask_ & ~others.mask_); }
    constexpr bool is_empty() const noexcept { return mask_ == 0; }
    constexpr void add(permission which) noexcept { mask_ |= bit_of(which); }
    constexpr void remove(permission which) noexcept { mask_ &= ~bit_of(which); }
    constexpr std::uint64_t mask() const noexcept { return mask_; }
    /// In the order of the enumeration.
    std::vector<std::string_view> names() const;

    friend constexpr permission_set operator&(permission_set a, permission_set b) noexcept {
        return from_mask(a.mask_ & b.mask_);
    }
    friend constexpr permission_set operator|(permission_set a, permission_set b) noexcept {
        return from_mask(a.mask_ | b.mask_);
    }
    friend constexpr bool operator==(permission_set, permission_set) noexcept = default;

private:
    static constexpr std::uint64_t bit_of(permission which) noexcept {
        return std::uint64_t{1} << static_cast<unsigned>(which);
    }
    std::uint64_t mask_ = 0;
};

/// A role that every installation has.
struct built_in_role {
    std::string_view name, description;
    permission_set permissions;
};
/// viewer, analyst, engineer and admin; each may do all that the one before it may.
std::span<const built_in_role> built_in_roles() noexcept;

}  // namespace carrel::access
