#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// A target is one function over one input. Under clang, libFuzzer calls it; elsewhere replay.cpp does, with the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace carrel::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the program unless `holds`.
inline void must(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "violation: %s\n", property);
    std::abort();
}

}  // namespace carrel::fuzz
