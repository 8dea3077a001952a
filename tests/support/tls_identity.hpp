#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace carrel::testing {

/// A private key and a certificate for it, made for a test.
class tls_identity {
public:
    struct wish {
        std::string common_name = "localhost";
        std::string names = "DNS:localhost,IP:127.0.0.1";  // of OpenSSL's subjectAltName; empty: none
        const tls_identity* issuer = nullptr;              // null: itself
        long starts_s = -60, ends_s = 86'400;              // from now
        bool is_ca = false;
        bool is_rsa = false;
    };
    // Not a default argument: gcc 12 cannot use the wish's own defaults there.
    tls_identity()
        : tls_identity(wish{}) {}
    explicit tls_identity(const wish& what)
        : key_(what.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free),
          certificate_(X509_new(), X509_free) {
        static long serial = 0;
        auto* made = certificate_.get();
        X509_set_version(made, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made), what.starts_s);
        X509_gmtime_adj(X509_getm_notAfter(made), what.ends_s);
        X509_set_pubkey(made, key_.get());
        auto* subject = X509_get_subject_name(made);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(what.common_name.data()),
                                   static_cast<int>(what.common_name.size()), -1, 0);
        const auto& issuer = what.issuer != nullptr ? *what.issuer : *this;
        X509_set_issuer_name(made, X509_get_subject_name(issuer.certificate_.get()));
        if (what.is_ca) add_extension(NID_basic_constraints, "critical,CA:TRUE");
        if (!what.names.empty()) add_extension(NID_subject_alt_name, what.names);
        if (X509_sign(made, issuer.key_.get(), EVP_sha256()) == 0) throw std::runtime_error("a certificate");
    }

    EVP_PKEY* key() const { return key_.get(); }
    X509* certificate() const { return certificate_.get(); }

    void write_certificate(const std::string& path) const {
        write(path, [this](std::FILE* file) { return PEM_write_X509(file, certificate_.get()); });
    }
    void write_key(const std::string& path) const {
        write(path, [this](std::FILE* file) {
            return PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

private:
    void add_extension(int which, const std::string& value) {
        auto* made = X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
        if (made == nullptr || X509_add_ext(certificate_.get(), made, -1) != 1) throw std::runtime_error(value);
        X509_EXTENSION_free(made);
    }
    template <class Write>
    static void write(const std::string& path, Write text) {
        std::FILE* file = std::fopen(path.c_str(), "w");
        if (file == nullptr || text(file) != 1) throw std::runtime_error(path);
        std::fclose(file);
    }

    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

}  // namespace carrel::testing
