#include "shippers/protocol.hpp"

#include <vector>

namespace carrel::shippers {

std::span<const protocol> protocols() {
    static const std::vector<protocol> all = [] {
        std::vector<protocol> made;
        for (const auto part : {elastic_protocols(), splunk_protocols(), loki_protocols(), otlp_protocols()})
            made.insert(made.end(), part.begin(), part.end());
        return made;
    }();
    return all;
}

std::string_view query_value(const siem::call& request, std::string_view name) noexcept {
    for (const auto& [key, value] : request.query)
        if (key == name) return value;
    return {};
}

}  // namespace carrel::shippers
