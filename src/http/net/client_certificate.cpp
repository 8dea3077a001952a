#include "http/net/client_certificate.hpp"

#include "base/hex.hpp"
#include "base/utf8.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>

namespace carrel::http {

namespace {

// A text with a NUL or a line's end in it would be read as another one further on.
bool is_plain_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto first = json::first_code_point(text);
        if (first.size == 0 || first.value < 0x20 || first.value == 0x7f) return false;
        text.remove_prefix(first.size);
    }
    return true;
}

std::string text_of(const ASN1_STRING* value) {
    unsigned char* bytes = nullptr;
    const int size = ASN1_STRING_to_UTF8(&bytes, value);
    if (size < 0) return {};
    std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return is_plain_text(text) ? text : std::string();
}

std::string common_name_of(X509& certificate) {
    const auto* subject = X509_get_subject_name(&certificate);
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
    return last < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

void add_alternative_names(X509& certificate, client_certificate& into) {
    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        const auto* each = sk_GENERAL_NAME_value(names, i);
        if (each->type != GEN_EMAIL && each->type != GEN_URI) continue;
        auto text = text_of(each->d.ia5);
        if (!text.empty()) (each->type == GEN_EMAIL ? into.emails : into.uris).push_back(std::move(text));
    }
    GENERAL_NAMES_free(names);
}

}  // namespace

std::string sha256_of(const X509& certificate) {
    std::array<char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
    if (X509_digest(&certificate, EVP_sha256(), into, &size) != 1) return {};
    return base::to_hex({bytes.data(), size});
}

std::shared_ptr<const client_certificate> read_client_certificate(X509& certificate) {
    if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) <= 0) return nullptr;
    auto made = std::make_shared<client_certificate>();
    made->common_name = common_name_of(certificate);
    add_alternative_names(certificate, *made);
    made->sha256 = sha256_of(certificate);
    return made;
}

}  // namespace carrel::http
