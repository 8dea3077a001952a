#include "resource/audit_chain.hpp"

#include <string>

namespace carrel::siem {

namespace {

void append_number(std::int64_t number, std::string& out) {
    const auto bits = static_cast<std::uint64_t>(number);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xff);
}

void append_integer(std::int64_t number, std::string& out) {
    out += 'i';
    append_number(number, out);
}

void append_text(std::optional<std::string_view> text, std::string& out) {
    out += text ? 't' : 'n';
    if (!text) return;
    append_number(static_cast<std::int64_t>(text->size()), out);
    out.append(*text);
}

}  // namespace

base::sha256::digest audit_hash(std::string_view before, const audit_columns& of) {
    std::string encoded;
    encoded.reserve(512);
    append_integer(of.seq, encoded);
    append_integer(of.at, encoded);
    append_text(of.principal, encoded);
    append_text(of.action, encoded);
    append_integer(of.outcome, encoded);
    append_text(of.target, encoded);
    append_text(of.address, encoded);
    append_text(of.request_id, encoded);
    append_text(of.detail, encoded);
    base::sha256 sum;
    sum.update(before);
    sum.update(encoded);
    return sum.value();
}

}  // namespace carrel::siem
