#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace carrel::base {

/// Appends a cell of CSV (RFC 4180), between quotes if it needs them.
inline void append_csv_cell(std::string_view text, std::string& out) {
    if (text.find_first_of(",\"\r\n") == text.npos) {
        out.append(text);
        return;
    }
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t quote = std::min(text.find('"', at), text.size());
        out.append(text.substr(at, quote - at));
        if (quote < text.size()) out += "\"\"";
        at = quote + 1;
    }
    out += '"';
}

}  // namespace carrel::base
