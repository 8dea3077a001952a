#include "base/utf8.hpp"
#include "fuzz.hpp"
#include "json/pieces.hpp"
#include "json/writer.hpp"

#include <boost/json/parse.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

// Bytes that are not UTF-8 become their code points as Latin-1 has them: the writer takes UTF-8 only.
std::string as_utf8(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        auto size = carrel::json::first_code_point(bytes).size;
        const auto byte = static_cast<unsigned char>(bytes.front());
        if (byte < 0x80) size = 1;
        if (size > 0) text.append(bytes.substr(0, size));
        else text.append({static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))});
        bytes.remove_prefix(size > 0 ? size : 1);
    }
    return text;
}

// Boost's own parser of numbers may be off in the last bit.
std::string written(double real) {
    std::string text;
    carrel::json::writer(text).real(real);
    return text;
}

}  // namespace

// What is written is JSON that says the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace carrel;
    const auto text = as_utf8(fuzz::text_of(data, size));
    std::uint64_t bits = 0;
    if (size > 0) std::memcpy(&bits, data, size < sizeof bits ? size : sizeof bits);
    const auto number = static_cast<std::int64_t>(bits);
    const auto real = std::isfinite(std::bit_cast<double>(bits)) ? std::bit_cast<double>(bits) : 0.5;

    std::string out;
    json::writer(out).begin_object().key(text).string(text).key("n").integer(number).key("r").real(real);
    json::writer(out.append(",\"list\":")).begin_array().boolean(size % 2 == 0).null().string(text).end_array();
    const auto value = boost::json::parse(out.append("}"));
    fuzz::must(value.at("list").at(2).get_string() == text, "a text is read as it was written");
    fuzz::must(value.at("list").at(0).get_bool() == (size % 2 == 0), "a truth value is read as it was written");
    if (text != "n") fuzz::must(value.at("n").to_number<std::int64_t>() == number, "an integer is exact");
    fuzz::must(std::strtod(written(real).c_str(), nullptr) == real, "a real number is exact");

    std::string pieced("[");
    json::pieces pieces(pieced);
    pieces.string(text);
    pieces.put(',');
    pieces.integer(number);
    pieces.flush();
    const auto list = boost::json::parse(pieced.append("]"));
    fuzz::must(list.at(0).get_string() == text && list.at(1).to_number<std::int64_t>() == number,
               "pieces are read as they were written");
    return 0;
}
