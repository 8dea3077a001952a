#include "fuzz.hpp"
#include "sigma/documents.hpp"
#include "sigma/rule.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace {

using namespace carrel;

void check_faults(const sigma::faults& found, std::string_view text) {
    fuzz::must(!found.empty(), "a refusal says why");
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const sigma::fault& each : found)
        fuzz::must(each.line >= 1 && each.line <= lines && each.column >= 1 && !each.detail.empty(),
                   "a fault is at a place of the text");
    for (const sigma::fault& each : found) {
        boost::system::error_code ec;
        boost::json::parse(boost::json::serialize(boost::json::value(each.detail)), ec);
        fuzz::must(!ec && each.detail.size() < 320, "a detail is a short text");
    }
}

void check_rule(std::string_view text) {
    const auto read = sigma::parse_rule(text);
    fuzz::must(read == sigma::parse_rule(text), "a text is always read the same");
    if (const auto* found = std::get_if<sigma::faults>(&read)) return check_faults(*found, text);
    const auto& rule = std::get<sigma::rule>(read);
    boost::system::error_code ec;
    const auto tree = boost::json::parse(to_json(rule), ec);
    fuzz::must(!ec && tree.at("format") == sigma::json_format, "a tree is JSON of its format");
    fuzz::must(!rule.title.empty(), "a rule has a title");
}

}  // namespace

// Rules, and texts of several documents.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    check_rule(text);
    const auto read = sigma::parse_documents(text);
    if (const auto* found = std::get_if<sigma::faults>(&read)) {
        check_faults(*found, text);
        return 0;
    }
    std::size_t end = 0;
    for (const sigma::document& each : std::get<std::vector<sigma::document>>(read)) {
        fuzz::must(each.offset >= end && text.substr(each.offset, each.text.size()) == each.text,
                   "documents are bytes of the text, one behind the other");
        end = each.offset + each.text.size();
        check_rule(each.text);
    }
    return 0;
}
