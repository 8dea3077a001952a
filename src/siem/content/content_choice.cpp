#include "siem/content/content_choice.hpp"

#include "resource/listing.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

std::string known_names() {
    std::string names;
    for (const content_member& each : content_members()) names.append(names.empty() ? "" : ", ").append(each.table);
    return names;
}

}  // namespace

bool content_choice::holds(const content_member* member) const {
    return std::find(members.begin(), members.end(), member) != members.end();
}

void read_choice(const call& request, content_choice& into, std::vector<fault>& faults) {
    std::vector<const content_member*> named;
    bool indicators = false;
    query_pairs once = request.query;
    std::erase_if(once, [](const auto& each) { return each.first == "only"; });
    for (fault& twice : refuse_repeats(once)) faults.push_back(std::move(twice));
    for (const auto& [name, text] : request.query) {
        if (name == "only") {
            const content_member* member = content_member_named(text);
            if (member == nullptr) faults.push_back({"only", 0, "must be one of " + known_names()});
            else named.push_back(member);
        }
        if (name != "indicators") continue;
        if (text != "true" && text != "false") faults.push_back({"indicators", 0, "must be true or false"});
        indicators = text == "true";
    }
    for (const content_member& each : content_members()) {
        const bool is_named = std::find(named.begin(), named.end(), &each) != named.end();
        if (named.empty() ? !each.is_optional || indicators : is_named || (each.is_optional && indicators))
            into.members.push_back(&each);
    }
}

std::vector<field_doc> choice_parameters() {
    return {{"only", R"({"type":"string"})", false, "A resource, such as rules; may be given several times."},
            {"indicators", R"({"type":"boolean","default":false})", false, "Indicators of compromise, too."}};
}

}  // namespace carrel::siem
