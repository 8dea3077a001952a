#include "http/net/tls_context.hpp"

#include "base/file_kind.hpp"
#include "http/net/tls_ticket_keys.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

namespace carrel::http {

namespace {

constexpr auto ciphers_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr auto ciphers_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr auto groups = "X25519:P-256:P-384";
constexpr int chain_depth_max = 8;

error bad_content(const std::string& why) {
    return error(make_error_code(boost::system::errc::invalid_argument), why + ": " + take_ssl_reason());
}

// A file that cannot be opened is distinguished from one whose content is wrong. Nobody is waited for who may never write it.
result<void> check_readable(const std::string& path, bool may_be_pipe) {
    const auto kind = base::kind_of(path);
    if (kind == base::file_kind::other || (kind == base::file_kind::unnamed_pipe && !may_be_pipe))
        return error(make_error_code(boost::system::errc::invalid_argument), path + " is no regular file");
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) {
        const error_code ec(errno, boost::system::system_category());
        return error(ec, path + ": " + ec.message());
    }
    std::fclose(file);
    return {};
}

// Nobody is there to type a password.
int no_password(char*, int, int, void*) { return 0; }

// RFC 7301: a client that speaks other protocols only is refused by an alert.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    static constexpr std::array<unsigned char, 9> spoken{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, spoken.data(), spoken.size(), offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

bool set_protocol(SSL_CTX* context, tls_version version_min) {
    const int least = version_min == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_SINGLE_ECDH_USE);
    // An end without close_notify ends the requests, too: HTTP says itself whether one is complete. `tls_session` tells
    // the two ends apart.
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);  // a group of records in one receive, instead of two a record
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    return SSL_CTX_set_min_proto_version(context, least) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers_1_2) == 1 && SSL_CTX_set_ciphersuites(context, ciphers_1_3) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1;
}

result<void> load_certificate(SSL_CTX* context, const tls_options& options, bool may_be_pipes) {
    if (auto readable = check_readable(options.certificate_file, may_be_pipes); !readable) return readable;
    if (auto readable = check_readable(options.key_file, may_be_pipes); !readable) return readable;
    SSL_CTX_set_default_passwd_cb(context, no_password);
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
        return bad_content(options.certificate_file + " has no certificate that can be used");
    if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        const bool is_foreign = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH ||
                                ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_TYPE_MISMATCH;
        return bad_content(options.key_file + (is_foreign ? " is not the key of " + options.certificate_file
                                                          : " has no private key that can be used"));
    }
    if (SSL_CTX_check_private_key(context) != 1)
        return bad_content(options.key_file + " is not the key of " + options.certificate_file);
    return {};
}

result<void> load_client_ca(SSL_CTX* context, const std::string& path) {
    if (path.empty()) return {};
    // It is read twice.
    if (auto readable = check_readable(path, false); !readable) return readable;
    auto* names = SSL_load_client_CA_file(path.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return bad_content(path + " has no certificate that can be used");
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_verify_depth(context, chain_depth_max);
    return {};
}

void add_to(EVP_MD_CTX* digest, X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> print{};
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), print.data(), &size) == 1) EVP_DigestUpdate(digest, print.data(), size);
}

// A ticket holds what was verified. It counts only where the same issuers are trusted for the same server.
bool bind_tickets(SSL_CTX* context) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bound{};
    unsigned int size = 0;
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) return false;
    auto* trusted = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(context));
    for (int i = 0; i < sk_X509_num(trusted); ++i) add_to(digest.get(), sk_X509_value(trusted, i));
    sk_X509_pop_free(trusted, X509_free);
    if (EVP_DigestFinal_ex(digest.get(), bound.data(), &size) != 1) return false;
    return SSL_CTX_set_session_id_context(context, bound.data(), std::min<unsigned>(size, SSL_MAX_SID_CTX_LENGTH)) == 1;
}

}  // namespace

std::string take_ssl_reason() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : code == 0 ? "no reason is known" : "error " + std::to_string(code);
}

result<ssl_context> make_ssl_context(const tls_options& options, tls_ticket_keys& tickets, bool may_be_pipes) {
    ERR_clear_error();
    const ssl_context made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!made || !set_protocol(made.get(), options.version_min)) return bad_content("OpenSSL cannot be set up");
    if (auto loaded = load_certificate(made.get(), options, may_be_pipes); !loaded) return loaded.error();
    if (auto loaded = load_client_ca(made.get(), options.client_ca_file); !loaded) return loaded.error();
    // Sessions are kept by the clients, in tickets.
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(made.get(), session_lifetime.count());
    if (SSL_CTX_set_num_tickets(made.get(), 1) != 1 || !bind_tickets(made.get()) || !tickets.serve(made.get()))
        return bad_content("OpenSSL cannot be set up");
    return made;
}

std::chrono::seconds certificate_time_left(const ssl_context& context) {
    int days = 0, seconds = 0;
    const auto* certificate = SSL_CTX_get0_certificate(context.get());
    if (certificate == nullptr || ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
        return {};
    return std::chrono::hours(24) * days + std::chrono::seconds(seconds);
}

}  // namespace carrel::http
