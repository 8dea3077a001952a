#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace carrel::testing {

/// A self-signed certificate for some names, in files that are removed again.
class certificate {
public:
    explicit certificate(const std::string& names, long valid_seconds = 3600)
        : directory_((std::filesystem::temp_directory_path() / ("carrel-tls-" + std::to_string(::getpid()))).string()) {
        std::filesystem::create_directories(directory_);
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* made = X509_new();
        X509_set_version(made, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        X509_gmtime_adj(X509_getm_notBefore(made), -7200);
        X509_gmtime_adj(X509_getm_notAfter(made), valid_seconds);
        X509_set_pubkey(made, key);
        auto* subject = X509_get_subject_name(made);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1,
                                   0);
        X509_set_issuer_name(made, subject);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
        X509_add_ext(made, extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(made, key, EVP_sha256());
        FILE* file = std::fopen(path().c_str(), "w");
        PEM_write_X509(file, made);
        std::fclose(file);
        file = std::fopen(key_path().c_str(), "w");
        PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        X509_free(made);
        EVP_PKEY_free(key);
    }
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;
    ~certificate() { std::filesystem::remove_all(directory_); }

    std::string path() const { return directory_ + "/certificate.pem"; }
    std::string key_path() const { return directory_ + "/key.pem"; }

private:
    std::string directory_;
};

}  // namespace carrel::testing
