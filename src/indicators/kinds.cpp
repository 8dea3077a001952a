#include "indicators/kinds.hpp"

#include "indicators/text.hpp"

namespace carrel::indicators {

namespace {

struct kind_row {
    kind of;
    std::string_view name;
    int expiry_days;
};
constexpr kind_row rows[] = {
    {kind::ip, "ip", 30},
    {kind::cidr, "cidr", 30},
    {kind::domain, "domain", 60},
    {kind::hash, "hash", 730},
    {kind::url, "url", 30},
    {kind::email, "email", 180},
    {kind::filename, "filename", 180},
    {kind::registry_key, "registry_key", 365},
    {kind::cve, "cve", 365},
    {kind::ja3, "ja3", 365},
    {kind::user_agent, "user_agent", 90},
};

struct feed_name {
    std::string_view name;
    kind of;
};
// As STIX, MISP, OTX, ThreatFox and lists on the web name them, in lower case.
constexpr feed_name feed_names[] = {
    {"ipv4", kind::ip},
    {"ipv6", kind::ip},
    {"ipv4-addr", kind::ip},
    {"ipv6-addr", kind::ip},
    {"ip-src", kind::ip},
    {"ip-dst", kind::ip},
    {"ip-src|port", kind::ip},
    {"ip-dst|port", kind::ip},
    {"ip:port", kind::ip},
    {"ip_address", kind::ip},
    {"ipaddress", kind::ip},
    {"address", kind::ip},
    {"network", kind::cidr},
    {"subnet", kind::cidr},
    {"netblock", kind::cidr},
    {"domain-name", kind::domain},
    {"domain_name", kind::domain},
    {"hostname", kind::domain},
    {"hostname|port", kind::domain},
    {"host", kind::domain},
    {"fqdn", kind::domain},
    {"md5", kind::hash},
    {"sha1", kind::hash},
    {"sha-1", kind::hash},
    {"sha256", kind::hash},
    {"sha-256", kind::hash},
    {"sha512", kind::hash},
    {"sha-512", kind::hash},
    {"filehash", kind::hash},
    {"file_hash", kind::hash},
    {"filehash-md5", kind::hash},
    {"filehash-sha1", kind::hash},
    {"filehash-sha256", kind::hash},
    {"filehash-sha512", kind::hash},
    {"md5_hash", kind::hash},
    {"sha1_hash", kind::hash},
    {"sha256_hash", kind::hash},
    {"sha512_hash", kind::hash},
    {"uri", kind::url},
    {"email-addr", kind::email},
    {"email-src", kind::email},
    {"email-dst", kind::email},
    {"email-reply-to", kind::email},
    {"mail", kind::email},
    {"email_address", kind::email},
    {"filepath", kind::filename},
    {"file-name", kind::filename},
    {"file_name", kind::filename},
    {"file", kind::filename},
    {"regkey", kind::registry_key},
    {"regkey|value", kind::registry_key},
    {"registry", kind::registry_key},
    {"registry-key", kind::registry_key},
    {"windows-registry-key", kind::registry_key},
    {"vulnerability", kind::cve},
    {"ja3-fingerprint-md5", kind::ja3},
    {"ja3_fingerprint", kind::ja3},
    {"ja3_hash", kind::ja3},
    {"user-agent", kind::user_agent},
    {"useragent", kind::user_agent},
};

}  // namespace

std::string_view name_of(kind of) noexcept { return rows[static_cast<std::size_t>(of)].name; }
int expiry_days(kind of) noexcept { return rows[static_cast<std::size_t>(of)].expiry_days; }

std::optional<kind> kind_named(std::string_view name) noexcept {
    for (const auto& row : rows)
        if (row.name == name) return row.of;
    return std::nullopt;
}

std::optional<kind> kind_of_feed(std::string_view name) noexcept {
    for (const auto& row : rows)
        if (is_same(name, row.name)) return row.of;
    for (const auto& each : feed_names)
        if (is_same(name, each.name)) return each.of;
    return std::nullopt;
}

}  // namespace carrel::indicators
