#pragma once

#include "json/scanner.hpp"
#include "query/json_path.hpp"

#include <string>
#include <string_view>

namespace carrel::query {

/// Finds the values of one path in events, as a query's `path:` does: nested members and dotted keys alike, each element of
/// an array for itself, null and objects left out. Reused between events; not thread-safe.
class path_values {
public:
    explicit path_values(std::string path)
        : wanted_(std::move(path)) {}

    const std::string& path() const noexcept { return wanted_; }

    /// Calls `found(json::scalar, std::string_view)` with each value's text: a string decoded, else as it stands.
    template <class Function>
    void each(std::string_view fields, Function&& found) {
        path_.clear();
        handler<Function> sink{*this, found};
        json::scanner(fields, sink, json_depth_max).run();
    }

private:
    template <class Function>
    struct handler {
        path_values& of;
        Function& found;
        void begin(char) { of.path_.begin(); }
        void end(char) { of.path_.end(); }
        void key(std::string_view raw, bool escaped) { of.path_.key(raw, escaped); }
        void value(json::scalar kind, std::string_view raw, bool escaped) {
            if (kind == json::scalar::null || of.path_.text() != of.wanted_) return;
            if (!escaped) return found(kind, raw);
            of.decoded_.clear();
            json::append_decoded(of.decoded_, raw);
            found(kind, std::string_view(of.decoded_));
        }
    };

    std::string wanted_;
    json_path path_;
    std::string decoded_;
};

}  // namespace carrel::query
