#pragma once

#include <string>
#include <string_view>

namespace carrel::indicators {

/// Each appends the normalized form of a text that has no blanks around it and is written in earnest. Empty, or the reason
/// why there is none; then something of it may have been appended.
using reason = std::string_view;

reason append_ip(std::string& out, std::string_view text);
reason append_cidr(std::string& out, std::string_view text);
/// A host may be a domain of one label.
reason append_domain(std::string& out, std::string_view text, std::size_t labels_min = 2);
reason append_hash(std::string& out, std::string_view text);
reason append_ja3(std::string& out, std::string_view text);
reason append_email(std::string& out, std::string_view text);
reason append_filename(std::string& out, std::string_view text);
reason append_registry_key(std::string& out, std::string_view text);
reason append_cve(std::string& out, std::string_view text);

/// As above; where the host stands in what was appended, and whether it is an address.
struct url_host {
    std::size_t begin = 0, size = 0;
    bool is_address = false;
};
reason append_url(std::string& out, std::string_view text, url_host& host);

/// The text in earnest again: without the brackets that keep readers from following it. Of a URL only what is before its
/// path is changed.
std::string refanged(std::string_view text, bool is_url);

}  // namespace carrel::indicators
