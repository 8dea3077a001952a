#include "http_input.hpp"

// Header sections of requests and pipelines of them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    carrel::fuzz::check_http_input(carrel::fuzz::text_of(data, size));
    return 0;
}
