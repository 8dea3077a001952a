#pragma once

#include <boost/json/parse.hpp>

#include <string_view>

namespace carrel::siem {

/// JSON that a request brought and that was stored, as deep as requests may be.
inline boost::json::value parse_stored(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 128;
    return boost::json::parse({text.data(), text.size()}, {}, options);
}

}  // namespace carrel::siem
