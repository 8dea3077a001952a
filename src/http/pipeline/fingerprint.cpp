#include "http/pipeline/fingerprint.hpp"

#include "base/digest.hpp"

namespace carrel::http {

std::string fingerprint_of(std::string_view method, std::string_view target, std::string_view body) {
    // A zero byte cannot occur in the first two, so it separates them without doubt.
    constexpr std::string_view separator("\0", 1);
    siem::digest digest;
    for (const auto part : {method, separator, target, separator, body}) digest.update(part);
    return digest.text();
}

}  // namespace carrel::http
