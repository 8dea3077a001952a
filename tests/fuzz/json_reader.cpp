#include "fuzz.hpp"
#include "json/reader.hpp"
#include "json/scanner.hpp"
#include "json/top_level.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>

namespace {

using namespace carrel;

struct ignoring {
    void begin(char) {}
    void end(char) {}
    void key(std::string_view, bool) {}
    void value(json::scalar, std::string_view, bool) {}
};

void check_top_level(std::string_view text, const boost::json::object& object) {
    std::string scratch;
    for (const auto& [key, value] : object) {
        const auto found = json::top_level_value(text, {key.data(), key.size()}, scratch);
        fuzz::must(found.has_value(), "a member is found at the top level");
        if (value.is_string()) fuzz::must(*found == std::string_view(value.get_string()), "a text is found decoded");
    }
}

}  // namespace

// Bodies: our reader, our scanner and Boost's own parser agree.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    static json::reader reader;
    json::parse_failure failure;
    const auto* value = reader.parse(text, failure);
    ignoring nothing;
    const bool scanned = json::scanner(text, nothing, json::reader::depth_max).run() == json::scan_error::none;
    boost::json::parse_options options;
    options.max_depth = json::reader::depth_max;
    boost::json::error_code ec;
    const auto theirs = boost::json::parse(text, ec, {}, options);

    fuzz::must(scanned || ec, "the scanner takes what Boost takes");
    if (value == nullptr) {
        fuzz::must(ec || !failure.duplicate.empty() || failure.detail.starts_with("the key `"),
                   "only what is broken or has a key twice is refused");
        return 0;
    }
    fuzz::must(!ec, "the reader takes no more than Boost does");
    if (reader.members_left_out() > 0) return 0;
    fuzz::must(boost::json::serialize(*value) == boost::json::serialize(theirs), "the reader reads what Boost reads");
    if (value->is_object()) check_top_level(text, value->get_object());
    return 0;
}
