#pragma once

#include "json/top_level.hpp"
#include "query/limits.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::query {

/// Where a scan of JSON is: the keys from the outermost object to the current member with dots between them, so that
/// `{"a":{"b":1}}` and `{"a.b":1}` are alike. An element of an array has the path of the array.
class json_path {
public:
    void clear() noexcept {
        path_.clear();
        outer_.clear();
    }
    void begin() { outer_.push_back(path_.size()); }
    void end() {
        path_.resize(outer_.back());
        outer_.pop_back();
    }
    void key(std::string_view raw, bool escaped) {
        // Members of the object that is being scanned follow each other.
        path_.resize(outer_.back());
        if (outer_.size() > 1) path_.push_back('.');
        if (escaped) {
            json::append_decoded(path_, raw);
        } else {
            path_.append(raw);
        }
    }

    std::string_view text() const noexcept { return path_; }
    /// Whether it can be requested.
    bool is_named() const noexcept { return !outer_.empty() && path_.size() <= path_max; }

private:
    std::string path_;
    std::vector<std::size_t> outer_;  // the size of the path of each object and array that is open
};

}  // namespace carrel::query
