#include "fuzz.hpp"
#include "http/protocol/target.hpp"

namespace {

std::string escaped(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        out += '%';
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[c & 15];
    }
    return out;
}

}  // namespace

// Targets and query strings: what was decoded, encoded anew, is the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace carrel;
    const auto text = fuzz::text_of(data, size);
    if (const auto parts = http::split_target(text))
        fuzz::must(parts->authority.size() + parts->path.size() + parts->query.size() <= text.size() + 1,
                   "the parts of a target are of the target");
    http::query_list list;
    if (!http::decode_query(text, list)) return 0;
    std::string again;
    for (const auto& [name, value] : list) again += "&" + escaped(name) + "=" + escaped(value);
    http::query_list decoded;
    fuzz::must(http::decode_query(again, decoded) && decoded == list, "a query encoded anew is the same query");
    return 0;
}
