#include "resource/cursor.hpp"
#include "base/base64url.hpp"
#include "fuzz.hpp"

namespace {

using namespace carrel;

void check_position(const siem::page_position& position) {
    const auto text = siem::encode_cursor(position, "binding");
    const auto back = siem::decode_cursor(text, "binding");
    fuzz::must(back && back->id == position.id && back->sort == position.sort, "a position is what it was");
    fuzz::must(!siem::decode_cursor(text, "another"), "a cursor is of one list");
    auto changed = text;
    changed[text.size() / 2] = text[text.size() / 2] == 'A' ? 'B' : 'A';
    fuzz::must(!siem::decode_cursor(changed, "binding"), "a changed cursor is refused");
    fuzz::must(!siem::decode_cursor(std::string_view(text).substr(0, text.size() - 3), "binding"),
               "a cursor cut short is refused");
}

}  // namespace

// Cursors as clients send them, and positions of any text.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    fuzz::must(!siem::decode_cursor(text, "binding"), "a cursor without our mark is refused");
    if (const auto bytes = siem::from_base64url(text))
        fuzz::must(siem::to_base64url(*bytes) == text, "one text stands for some bytes");
    fuzz::must(siem::from_base64url(siem::to_base64url(text)) == std::string(text), "bytes come back from their text");
    const auto colon = text.find(':');
    if (colon == text.npos) return 0;
    check_position({std::string(text.substr(colon + 1)), std::string(text.substr(0, colon))});
    check_position({static_cast<std::int64_t>(size) - 40, std::string(text.substr(0, colon))});
    check_position({static_cast<double>(size) / 7, std::string(text.substr(0, colon))});
    check_position({{}, std::string(text.substr(0, colon))});
    return 0;
}
