#include "attack/bundle.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <map>

namespace {

using namespace carrel;

bool is_sorted(const std::vector<attack::technique>& all) {
    return std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

bool ends(const std::map<std::string, std::string>& parents, std::string id) {
    for (std::size_t step = 0; step <= parents.size(); ++step) {
        const auto at = parents.find(id);
        if (at == parents.end()) return true;
        id = at->second;
    }
    return false;
}

}  // namespace

// Bundles: what is read has ids, an order and no circles; what is not has a reason.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    attack::limits small;
    small.objects_max = 50;
    small.text_max = 1'000;
    small.warnings_max = 5;
    small.faults_max = 3;
    const auto read = attack::read_bundle(fuzz::text_of(data, size), small);
    if (const auto* faults = std::get_if<attack::faults>(&read)) {
        fuzz::must(!faults->empty() && faults->size() <= small.faults_max, "faults are told within their bound");
        for (const auto& each : *faults) fuzz::must(!each.detail.empty(), "a fault has a reason");
        return 0;
    }
    const auto& all = std::get<attack::bundle>(read);
    fuzz::must(all.warnings.size() <= small.warnings_max, "warnings are bounded");
    fuzz::must(is_sorted(all.techniques), "techniques are by id");
    std::map<std::string, std::string> parents;
    for (const auto& each : all.techniques) {
        fuzz::must(attack::is_technique_id(each.id), "a technique has an id of ATT&CK");
        if (!each.parent.empty()) parents.emplace(each.id, each.parent);
    }
    for (const auto& each : all.techniques) fuzz::must(ends(parents, each.id), "parents go in no circle");
    return 0;
}
