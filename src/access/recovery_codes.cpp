#include "access/recovery_codes.hpp"

#include "access/sodium.hpp"
#include "base/sha256.hpp"

namespace carrel::access {
namespace {

constexpr std::size_t half = 5;
constexpr std::string_view context = "carrel recovery code";

// The symbol that somebody means by a character; NUL if there is none.
char meant_by(char c) noexcept {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == 'o') return '0';
    if (c == 'i' || c == 'l') return '1';
    return std::string_view(plain_symbols).find(c) == std::string_view::npos ? '\0' : c;
}

std::string with_hyphen(std::string symbols) { return symbols.insert(half, 1, '-'); }

}  // namespace

std::array<std::string, recovery_codes_count> new_recovery_codes() {
    std::array<std::string, recovery_codes_count> codes;
    for (auto& each : codes) each = with_hyphen(random_symbols(2 * half));
    return codes;
}

std::optional<std::string> normalized_recovery_code(std::string_view typed) {
    std::string symbols;
    for (const char each : typed) {
        if (each == ' ' || each == '-') continue;
        const char meant = meant_by(each);
        if (meant == '\0' || symbols.size() == 2 * half) return std::nullopt;
        symbols += meant;
    }
    if (symbols.size() != 2 * half) return std::nullopt;
    return with_hyphen(std::move(symbols));
}

std::string recovery_code_hash(std::string_view user_id, std::string_view normalized) {
    // No two pairs have one text: an id and a code have no NUL.
    constexpr std::string_view separator("\0", 1);
    base::sha256 sum;
    for (const auto part : {context, separator, user_id, separator, normalized}) sum.update(part);
    return base::hex_of(sum.value());
}

}  // namespace carrel::access
