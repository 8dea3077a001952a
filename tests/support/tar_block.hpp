#pragma once

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace carrel::testing {

/// One entry of a tar, made by hand, so that it may be what no tool would write.
struct tar_entry {
    std::string_view name;
    std::string_view content;
    char type = '0';
    std::string_view link = {};
};

inline std::string tar_block(const tar_entry& entry) {
    std::string block(512, '\0');
    const auto put = [&block](std::size_t at, std::string_view text) { block.replace(at, text.size(), text); };
    char octal[16];
    put(0, entry.name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    std::snprintf(octal, sizeof octal, "%011zo", entry.content.size());
    put(124, octal);
    put(136, "00000000000");
    put(148, "        ");
    block[156] = entry.type;
    put(157, entry.link);
    put(257, std::string_view("ustar\0"
                              "00",
                              8));
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    std::snprintf(octal, sizeof octal, "%06o", sum);
    put(148, std::string(octal) + '\0' + ' ');
    block += entry.content;
    block.resize((block.size() + 511) / 512 * 512);
    return block;
}

inline std::string tar_end() { return std::string(1024, '\0'); }

}  // namespace carrel::testing
