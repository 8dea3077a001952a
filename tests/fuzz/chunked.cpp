#include "http_input.hpp"

#include <string>

// Chunked bodies, and what follows them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string text("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    carrel::fuzz::check_http_input(text.append(carrel::fuzz::text_of(data, size)));
    return 0;
}
