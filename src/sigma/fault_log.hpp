#pragma once

#include "sigma/fault.hpp"
#include "sigma/limits.hpp"
#include "sigma/source_text.hpp"
#include "sigma/yaml.hpp"

#include <string_view>
#include <utility>

namespace carrel::sigma {

/// Collects what is wrong with one document, by the bytes at fault.
class fault_log {
public:
    explicit fault_log(std::string_view text) noexcept
        : text_(text) {}

    void add(std::size_t offset, std::string_view detail) {
        if (found_.size() < faults_max) found_.push_back(fault_at(text_, offset, detail));
    }
    void add(const yaml_node& at, std::string_view detail) { add(at.offset, detail); }
    bool is_empty() const noexcept { return found_.empty(); }
    bool is_full() const noexcept { return found_.size() == faults_max; }
    faults take() { return std::move(found_); }

private:
    std::string_view text_;
    faults found_;
};

}  // namespace carrel::sigma
