#include "shippers/nested_body.hpp"

#include "json/walk.hpp"
#include "query/limits.hpp"

namespace carrel::shippers {

bool nested_body::begin(siem::body_item& into) {
    if (into.fault.empty() && !json::is_json(into.text, query::json_depth_max)) into.fault = "is broken JSON";
    if (into.fault.empty()) into.fault = begin_group(into.text);
    is_open_ = into.fault.empty();
    return is_open_;
}

bool nested_body::give(siem::body_item& into) {
    if (!is_open_) return false;
    made_.clear();
    fault_.clear();
    is_open_ = next_event(made_, fault_);
    if (!is_open_) return false;
    into = {};
    into.number = ++number_;
    into.text = made_;
    into.fault = fault_;
    return true;
}

std::string faults_text(const siem::intake_summary& summary) {
    if (summary.rejected == 0) return {};
    std::string text;
    if (!summary.faults.empty()) {
        const auto& first = summary.faults.front();
        text = "entry " + std::to_string(first.line) + " " + first.detail;
    }
    if (summary.rejected > 1) text += " (and " + std::to_string(summary.rejected - 1) + " more)";
    return text;
}

}  // namespace carrel::shippers
