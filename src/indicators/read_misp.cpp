#include "indicators/fields.hpp"
#include "indicators/formats.hpp"
#include "indicators/json_values.hpp"
#include "indicators/text.hpp"

#include <algorithm>
#include <utility>

namespace carrel::indicators {

namespace {

std::string severity_of_level(std::string_view threat_level_id) {
    if (threat_level_id == "1") return "high";
    if (threat_level_id == "2") return "medium";
    return threat_level_id == "3" ? "low" : "";
}

class misp_feed {
public:
    misp_feed(const misp_options& options, collector& all)
        : options_(options),
          all_(all) {}

    void read(std::string_view value, const candidate& event, const std::string& path) {
        if (all_.is_refused()) return;
        if (value.starts_with('[')) return read_list(value, event, path);
        if (!value.starts_with('{')) return all_.fault({0, path}, "is no object");
        bool is_container = false;
        for (const std::string_view name : {"response", "Event"})
            if (const auto inner = value_at(value, name); !inner.empty()) {
                is_container = true;
                read(inner, event, path + "." + std::string(name));
            }
        const auto attributes = value_at(value, "Attribute"), objects = value_at(value, "Object");
        if (!attributes.empty() || !objects.empty()) {
            is_container = true;
            const auto own = event_of(value, event);
            if (!attributes.empty()) read(attributes, own, path + ".Attribute");
            if (!objects.empty()) read(objects, own, path + ".Object");
        }
        if (is_container) return;
        if (value_at(value, "value").empty()) all_.pass_over();  // an event without attributes
        else read_attribute(value, event, {0, path});
    }

private:
    void read_list(std::string_view list, const candidate& event, const std::string& path) {
        std::size_t position = 0;
        for (json::walk each(list); each.next(); ++position)
            read(each.value(), event, path + "[" + std::to_string(position) + "]");
    }

    // What the attributes of an event have from it.
    candidate event_of(std::string_view value, const candidate& outer) {
        candidate own = outer;
        if (auto info = text_at(value, "info"); !info.empty()) own.description = std::move(info);
        if (const auto level = text_at(value, "threat_level_id"); !level.empty())
            own.severity = severity_of_level(level);
        for (auto& each : texts_of(value_at(value, "Tag"), "name")) own.tags.push_back(std::move(each));
        all_.shorten(own);
        return own;
    }

    void read_attribute(std::string_view attribute, const candidate& event, const item_place& at) {
        if (value_at(attribute, "deleted") == "true") return all_.fault(at, "is deleted");
        if (options_.to_ids_only && (value_at(attribute, "to_ids") == "false" || text_at(attribute, "to_ids") == "0"))
            return all_.fault(at, "is not meant for detection: `to_ids` is false");
        candidate base = event;
        base.external_id = text_at(attribute, "uuid");
        if (auto comment = text_at(attribute, "comment"); !comment.empty()) base.description = std::move(comment);
        for (auto& each : texts_of(value_at(attribute, "Tag"), "name")) base.tags.push_back(std::move(each));
        std::string why;
        if (!put_time(base.first_seen, "first_seen", text_at(attribute, "first_seen"), why) ||
            !put_time(base.last_seen, "last_seen", text_at(attribute, "last_seen"), why))
            return all_.fault(at, std::move(why));
        add_values(base, text_at(attribute, "type"), text_at(attribute, "value"), at);
    }

    // `filename|sha256`: two values, each with a type of its own. Of an address or a name with a port, and of a registry
    // key with its value, the first one.
    void add_values(const candidate& base, std::string_view type, std::string_view value, const item_place& at) {
        if (type.empty()) return all_.fault(at, "has no `type`");
        const auto bar = type.find('|');
        const auto cut = bar == type.npos ? value.npos : value.find('|');
        if (bar != type.npos && cut == value.npos) return all_.fault(at, "has one value for two types");
        add(base, type.substr(0, bar), value.substr(0, cut), at);
        const auto second = bar == type.npos ? std::string_view{} : type.substr(bar + 1);
        if (!second.empty() && second != "port" && second != "value") add(base, second, value.substr(cut + 1), at);
    }

    void add(const candidate& base, std::string_view type, std::string_view value, const item_place& at) {
        candidate one = base;
        std::string why;
        one.value = value;
        // Tags, texts and the like: `ip` within `domain|ip` is one of these names, too.
        if (put_type(one, type, why)) all_.add(std::move(one), at);
        else all_.fault(at, std::move(why));
    }

    const misp_options& options_;
    collector& all_;
};

}  // namespace

reading read_misp(std::string_view text, const misp_options& options, const read_limits& within) {
    collector all(within);
    if (!all.take_json(text)) return all.finish();
    if (text.starts_with('{') || text.starts_with('[')) misp_feed(options, all).read(text, {}, "$");
    else all.refuse("is no event of MISP");
    return all.finish();
}

}  // namespace carrel::indicators
