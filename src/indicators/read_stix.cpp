#include "indicators/fields.hpp"
#include "indicators/formats.hpp"
#include "indicators/json_values.hpp"
#include "indicators/stix_pattern.hpp"
#include "indicators/text.hpp"

#include <utility>

namespace carrel::indicators {

namespace {

class stix_feed {
public:
    explicit stix_feed(collector& all)
        : all_(all) {}

    void read(std::string_view top) {
        if (top.starts_with('[')) return read_list(top);
        const auto type = text_at(top, "type");
        const auto objects = value_at(top, "objects");
        if (objects.starts_with('[')) return read_list(objects);
        if (type == "bundle" && !objects.empty()) return all_.refuse("has `objects` that are no list");
        if (type == "bundle") return;  // an empty one
        if (type.empty()) return all_.refuse("is no object of STIX: it has no `type`");
        read_object(top, {0, "object"});
    }

private:
    void read_list(std::string_view objects) {
        std::size_t position = 0;
        for (json::walk each(objects); each.next() && !all_.is_refused(); ++position) {
            const item_place at{0, "objects[" + std::to_string(position) + "]"};
            if (each.value().starts_with('{')) read_object(each.value(), at);
            else all_.fault(at, "is no object");
        }
    }

    void read_object(std::string_view object, const item_place& at) {
        const auto type = text_at(object, "type");
        if (type.empty()) return all_.fault(at, "has no `type`");
        if (type == "indicator") return read_indicator(object, at);
        if (type == "observed-data") return read_observation(object, at);
        if (type == "vulnerability") return read_vulnerability(object, at);
        candidate base;
        if (!describe(object, base, at)) return;
        if (!read_observable(type, object, base, at)) all_.pass_over();
    }

    // What objects have in common. False: its faults are recorded.
    bool describe(std::string_view object, candidate& into, const item_place& at) {
        into.external_id = text_at(object, "id");
        into.description = text_at(object, "description");
        if (into.description.empty()) into.description = text_at(object, "name");
        into.tags = texts_of(value_at(object, "labels"));
        for (auto& each : texts_of(value_at(object, "indicator_types"))) into.tags.push_back(std::move(each));
        into.references = texts_of(value_at(object, "external_references"), "url");
        all_.shorten(into);
        std::string why;
        const bool is_right = put_confidence(into, text_at(object, "confidence"), why) &&
                              put_time(into.first_seen, "valid_from", text_at(object, "valid_from"), why) &&
                              put_time(into.valid_until, "valid_until", text_at(object, "valid_until"), why);
        if (is_right && value_at(object, "revoked") == "true") why = "is revoked";
        if (why.empty()) return true;
        all_.fault(at, std::move(why));
        return false;
    }

    void read_indicator(std::string_view object, const item_place& at) {
        candidate base;
        if (!describe(object, base, at)) return;
        const auto language = text_at(object, "pattern_type");
        if (!language.empty() && language != "stix")
            return all_.fault(at, "has a pattern in `" + language.substr(0, 40) + "`, not in STIX");
        if (!json::is_string(value_at(object, "pattern"))) return all_.fault(at, "has no `pattern`");
        std::string why;
        const auto values = read_pattern(text_at(object, "pattern"), why);
        if (!why.empty()) return all_.fault(at, std::move(why));
        for (const auto& each : values) add(base, each.of, each.value, at);
    }

    void read_observation(std::string_view object, const item_place& at) {
        candidate base;
        if (!describe(object, base, at)) return;
        std::string why;
        if (!put_time(base.first_seen, "first_observed", text_at(object, "first_observed"), why) ||
            !put_time(base.last_seen, "last_observed", text_at(object, "last_observed"), why))
            return all_.fault(at, std::move(why));
        bool has_any = false;
        for (json::walk each(value_at(object, "objects")); each.is_object() && each.next();)
            has_any |= read_observable(text_at(each.value(), "type"), each.value(), base, at);
        if (!has_any) all_.pass_over();
    }

    void read_vulnerability(std::string_view object, const item_place& at) {
        candidate base;
        if (!describe(object, base, at)) return;
        const auto name = text_at(object, "name");
        if (starts_with(name, "cve-")) add(base, kind::cve, name, at);
        else all_.pass_over();
    }

    // Whether the type is one of an indicator.
    bool read_observable(const std::string& type, std::string_view object, const candidate& base,
                         const item_place& at) {
        if (type == "file") return read_file(object, base, at);
        const bool is_key = type == "windows-registry-key";
        bool is_known = false;
        const auto of = kind_of_property(type + (is_key ? ":key" : ":value"), is_known);
        if (is_known) add(base, of, text_at(object, is_key ? "key" : "value"), at);
        return is_known;
    }
    // The digests say what the file is; its name only of a file without any.
    bool read_file(std::string_view object, const candidate& base, const item_place& at) {
        bool has_digest = false;
        for (json::walk each(value_at(object, "hashes")); each.is_object() && each.next();) {
            if (!is_digest_name(each.key())) continue;
            has_digest = true;
            add(base, kind::hash, scalar_text(each.value()), at);
        }
        const auto name = text_at(object, "name");
        if (!has_digest && !name.empty()) add(base, kind::filename, name, at);
        return has_digest || !name.empty();
    }

    void add(const candidate& base, std::optional<kind> of, std::string value, const item_place& at) {
        candidate one = base;
        one.of = of;
        one.value = std::move(value);
        all_.add(std::move(one), at);
    }

    collector& all_;
};

}  // namespace

reading read_stix(std::string_view text, const read_limits& within) {
    collector all(within);
    if (all.take_json(text)) stix_feed(all).read(text);
    return all.finish();
}

}  // namespace carrel::indicators
