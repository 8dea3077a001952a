#pragma once

#include "indicators/address.hpp"
#include "indicators/kinds.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carrel::indicators {

/// An indicator that a value of an event would be: its kind and normalized text.
struct lookup_key {
    kind of;
    std::string_view text;
};

/// Finds what indicators a value of an event could be, exactly. Made for intake: one pass over a value that cannot be any,
/// and no memory once it has met values as long. Not thread-safe: one for each thread.
///
///     192.0.2.1, 192.0.2.1:443            ip
///     evil.example                        domain, filename
///     https://evil.example/a              url, and its host
///     someone@evil.example                email, and its domain
///     d41d8cd98f00b204e9800998ecf8427e    hash, ja3
///     SHA1=…,MD5=…                        hash, each
///     C:\Temp\Evil.exe, evil.exe          filename: the whole, and the last part of a path
///     HKLM\Software\Evil                  registry_key
///     CVE-2021-44228                      cve
///     curl/8.0                            user_agent: what begins with a product and its version
///
/// Networks are not found so: `last_address` is what to hold against them. A domain is not looked up by the domains above.
class lookup {
public:
    lookup();
    lookup(const lookup&) = delete;
    lookup& operator=(const lookup&) = delete;

    /// Of a value in UTF-8; without the blanks around it. Valid until the next call.
    std::span<const lookup_key> forms(std::string_view value);
    /// The address among the last forms.
    const std::optional<address>& last_address() const noexcept { return address_; }

private:
    static constexpr std::size_t keys_max = 8;
    struct place {
        kind of;
        std::size_t begin, size;
    };
    std::size_t begin_key() const noexcept { return scratch_.size(); }
    void end_key(kind of, std::size_t begin);
    template <class Append>
    bool add(kind of, std::string_view value, Append append);

    bool add_address(std::string_view value);
    void add_hash(std::string_view value);
    void add_hash_list(std::string_view value);
    void add_url(std::string_view value);
    bool add_email(std::string_view value);
    void add_path(std::string_view value, unsigned has);
    void add_marked(std::string_view value, unsigned has);

    std::string scratch_;
    std::array<place, keys_max> places_;
    std::array<lookup_key, keys_max> keys_;
    std::size_t count_ = 0;
    std::optional<address> address_;
};

}  // namespace carrel::indicators
