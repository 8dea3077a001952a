#pragma once

#include "support/domain.hpp"

#include <boost/json/serialize.hpp>

#include <string>

// Rules as clients write them, for tests of their store.
namespace carrel::testing {

// A document whose title is `title`; `more` is what stands behind its detection.
inline std::string rule_document(const std::string& id, const std::string& title, const std::string& more = "") {
    return "title: " + title + "\nid: " + id +
           "\nstatus: test\nlevel: high\nauthor: Ann\ntags:\n  - attack.t1059.001\n  - attack.initial-access\n"
           "logsource:\n  product: windows\n  category: process_creation\n"
           "detection:\n  sel:\n    Image|endswith: '\\cmd.exe'\n  condition: sel\n" +
           more;
}

inline const std::string one_id = "11111111-1111-1111-1111-111111111111",
                         two_id = "22222222-2222-2222-2222-222222222222";

inline std::string query_rule(const std::string& id, const std::string& more = "") {
    return R"({"id":")" + id + R"(","name":"n )" + id + R"(","severity":"low","query":"powershell")" + more + "}";
}

}  // namespace carrel::testing
