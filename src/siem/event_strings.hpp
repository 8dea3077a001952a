#pragma once

#include "json/scanner.hpp"
#include "query/json_path.hpp"
#include "siem/event_reader.hpp"

#include <string>
#include <string_view>

namespace carrel::siem {

/// The strings of an event at any depth. Reused between events; not thread-safe.
class event_strings {
public:
    /// Calls `found(path, text)` for each; both are valid during the call.
    template <class Found>
    void each(std::string_view fields, Found&& found) {
        path_.clear();
        handler<Found> sink{*this, found};
        json::scanner(fields, sink, event_reader::depth_max).run();
    }

private:
    template <class Found>
    struct handler {
        event_strings& of;
        Found& found;
        void begin(char) { of.path_.begin(); }
        void end(char) { of.path_.end(); }
        void key(std::string_view raw, bool escaped) { of.path_.key(raw, escaped); }
        void value(json::scalar kind, std::string_view raw, bool escaped) {
            if (kind != json::scalar::string) return;
            if (escaped) {
                of.decoded_.clear();
                json::append_decoded(of.decoded_, raw);
                raw = of.decoded_;
            }
            found(of.path_.text(), raw);
        }
    };

    query::json_path path_;
    std::string decoded_;
};

}  // namespace carrel::siem
