#include "archive/gzip.hpp"

#include "base/inflater.hpp"

namespace carrel::archive {

base::outcome<std::string> unpack_gzip(std::string_view packed, std::size_t bytes_max) {
    base::inflater inflater;
    std::string text;
    for (;;) {
        const auto piece = inflater.step(packed);
        if (inflater.is_broken())
            return base::failure{"the body " + std::string(inflater.why()) + " after " + std::to_string(text.size()) +
                                 " unpacked bytes"};
        if (piece.empty()) break;
        if (piece.size() > bytes_max - text.size())
            return base::failure{"the body has more than " + std::to_string(bytes_max) + " bytes once it is unpacked"};
        text.append(piece);
    }
    if (!inflater.is_complete())
        return base::failure{"the gzip data ends early, after " + std::to_string(text.size()) + " unpacked bytes"};
    return text;
}

}  // namespace carrel::archive
