#include "access/base32.hpp"
#include "access/encoded_hash.hpp"
#include "access/password_policy.hpp"
#include "access/recovery_codes.hpp"
#include "access/secret_token.hpp"
#include "access/totp.hpp"
#include "fuzz.hpp"

#include <string>

namespace {

using namespace carrel::access;
namespace fuzz = carrel::fuzz;

void check_token(std::string_view text) {
    const auto parts = parse_token(text);
    if (!parts) return;
    const auto front = std::string(prefix_of(parts->kind)) + std::string(parts->id) + "_" + std::string(parts->secret);
    fuzz::must(text.substr(0, front.size()) == front && text.size() == front.size() + 6, "a token is its parts");
    for (const char each : text)
        fuzz::must(
            (each >= '0' && each <= '9') || ((each | 32) >= 'a' && (each | 32) <= 'z') || each == '-' || each == '_',
            "a token needs no quoting");
}

// One character of a real token is another one.
void check_changed_token(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return;
    static const auto made = make_token(token_kind::api).text;
    auto changed = made;
    changed[data[0] % changed.size()] = static_cast<char>(data[1]);
    fuzz::must(parse_token(changed).has_value() == (changed == made), "a changed token is refused");
}

void check_base32(std::string_view text) {
    fuzz::must(from_base32(to_base32(text)) == std::string(text), "bytes come back from their text");
    if (const auto bytes = from_base32(text)) {
        std::string symbols;
        for (const char each : text)
            if (each != ' ' && each != '-' && each != '=')
                symbols += each >= 'a' ? static_cast<char>(each - 'a' + 'A') : each;
        fuzz::must(to_base32(*bytes) == symbols, "one text stands for some bytes");
    }
}

void check_codes(std::string_view text) {
    const auto now = static_cast<std::int64_t>(text.size()) * totp_step_us;
    const auto step = matching_step("secret", text, now, 3);
    fuzz::must(!step || *step > 3, "no step is used twice");
    const auto code = totp_code(text.substr(0, text.size() / 2), 7);
    fuzz::must(code.size() == 6 && code.find_first_not_of("0123456789") == code.npos, "a code is six digits");
    if (const auto normal = normalized_recovery_code(text))
        fuzz::must(normal->size() == 11 && normalized_recovery_code(*normal) == normal,
                   "a code has one way of writing");
}

void check_passwords(std::string_view text) {
    if (const auto hash = parse_hash(text)) fuzz::must(to_text(*hash) == text, "a hash has one way of writing");
    if (const auto normal = normalized_password(text))
        fuzz::must(normalized_password(*normal) == normal, "what is in form C stays as it is");
    const auto fault = fault_of({}, text.substr(0, 3), text);
    fuzz::must(!fault || fault->starts_with("must "), "a fault says what must be");
}

}  // namespace

// What people and programs send to prove who they are.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    check_token(text);
    check_changed_token(data, size);
    check_base32(text);
    check_codes(text);
    check_passwords(text);
    return 0;
}
