#include "cli/self_signed.hpp"

#include "http/net/client_certificate.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace carrel::cli {
namespace {

template <auto Free>
struct freeing {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freeing<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freeing<X509_free>>;
using bio_pointer = std::unique_ptr<BIO, freeing<BIO_free>>;

constexpr long clock_skew_s = 300;
constexpr std::size_t common_name_max = 64;  // of X.520

bool is_address(const std::string& host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address(host, ec);
    return !ec;
}

bool is_label(std::string_view label) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !label.empty() && label.size() <= 63 && label.front() != '-' &&
           std::all_of(label.begin(), label.end(), fits);
}

bool add_extension(X509& made, int which, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, &made, &made, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, freeing<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str()));
    return extension && X509_add_ext(&made, extension.get(), -1) == 1;
}

bool set_serial(X509& made) {
    const std::unique_ptr<BIGNUM, freeing<BN_free>> number(BN_new());
    return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&made)) != nullptr;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
    std::string names;
    for (const auto& host : hosts)
        names += (names.empty() ? "" : ",") + std::string(is_address(host) ? "IP:" : "DNS:") + host;
    return names;
}

bool fill(X509& made, EVP_PKEY& key, const std::vector<std::string>& hosts, std::chrono::hours lifetime) {
    const std::string common_name = hosts.front().substr(0, common_name_max);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
    return X509_set_version(&made, X509_VERSION_3) == 1 && set_serial(made) &&
           X509_gmtime_adj(X509_getm_notBefore(&made), -clock_skew_s) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(&made), seconds) != nullptr && X509_set_pubkey(&made, &key) == 1 &&
           X509_NAME_add_entry_by_txt(X509_get_subject_name(&made), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(&made, X509_get_subject_name(&made)) == 1 &&
           add_extension(made, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(made, NID_ext_key_usage, "serverAuth") &&
           add_extension(made, NID_subject_alt_name, alternative_names(hosts)) &&
           add_extension(made, NID_subject_key_identifier, "hash") && X509_sign(&made, &key, EVP_sha256()) > 0;
}

template <class Write>
std::string pem(Write write) {
    const bio_pointer out(BIO_new(BIO_s_mem()));
    if (!out || write(out.get()) != 1) return {};
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

bool is_certifiable(std::string_view host) {
    if (is_address(std::string(host))) return host.find('%') == std::string_view::npos;
    if (host.size() > 253) return false;
    if (host.starts_with("*.")) host.remove_prefix(2);
    for (;;) {
        const auto end = host.find('.');
        if (!is_label(host.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        host.remove_prefix(end + 1);
    }
}

std::optional<self_signed> make_self_signed(const std::vector<std::string>& hosts, std::chrono::hours lifetime) {
    const key_pointer key(EVP_EC_gen("P-256"));
    const certificate_pointer certificate(X509_new());
    if (!key || !certificate || !fill(*certificate, *key, hosts, lifetime)) return std::nullopt;
    self_signed made;
    made.key =
        pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    made.certificate = pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
    made.sha256 = http::sha256_of(*certificate);
    if (made.key.empty() || made.certificate.empty() || made.sha256.empty()) return std::nullopt;
    return made;
}

}  // namespace carrel::cli
