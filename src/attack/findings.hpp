#pragma once

#include "attack/bundle.hpp"

#include <string>
#include <utility>

namespace carrel::attack {

/// Collects what is wrong with a bundle, within its bounds.
class findings {
public:
    explicit findings(const limits& within) noexcept
        : within_(within) {}

    const limits& within() const noexcept { return within_; }
    void fault(std::string path, std::string stix_id, std::string detail) {
        if (!is_full()) faults_.push_back({std::move(path), std::move(stix_id), std::move(detail)});
    }
    void warning(std::string stix_id, std::string detail) {
        if (warnings_.size() < within_.warnings_max) warnings_.push_back({std::move(stix_id), std::move(detail)});
        else ++left_out_;
    }
    /// Whether no more faults are taken: reading on is in vain.
    bool is_full() const noexcept { return faults_.size() >= within_.faults_max; }
    bool has_faults() const noexcept { return !faults_.empty(); }
    faults take_faults() noexcept { return std::move(faults_); }
    void move_warnings(bundle& into) noexcept {
        into.warnings = std::move(warnings_);
        into.warnings_left_out = left_out_;
    }

private:
    const limits& within_;
    faults faults_;
    std::vector<bundle::warning> warnings_;
    std::size_t left_out_ = 0;
};

}  // namespace carrel::attack
