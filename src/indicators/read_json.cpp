#include "indicators/fields.hpp"
#include "indicators/formats.hpp"
#include "indicators/json_values.hpp"
#include "indicators/text.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

constexpr std::string_view separators = ",;|";

class json_feed {
public:
    json_feed(const json_options& options, collector& all)
        : options_(options),
          all_(all) {}

    // Goes through lists on the way to the items; how many values were found there.
    std::size_t collect(std::string_view value, std::string_view path, std::string at) {
        std::size_t found = 0, position = 0;
        if (value.starts_with('[')) {
            for (json::walk each(value); each.next() && !all_.is_refused(); ++position)
                found += collect(each.value(), path, at + "[" + std::to_string(position) + "]");
            return found + (path.empty() ? 1 : 0);
        }
        if (path.empty()) {
            read_item(value, {0, std::move(at)});
            return 1;
        }
        const auto dot = std::min(path.find('.'), path.size());
        const auto name = path.substr(0, dot);
        const auto inner = value_at(value, name);
        return inner.empty()
                   ? 0
                   : collect(inner, path.substr(std::min(dot + 1, path.size())), at + "." + std::string(name));
    }

    void read_item(std::string_view item, const item_place& at) {
        candidate one;
        one.of = options_.of;
        if (json::is_string(item)) {
            one.value = json::text_of(item);
            return all_.add(std::move(one), at);
        }
        if (!item.starts_with('{')) return all_.fault(at, "is neither an object nor a string");
        one.value = text_at(item, options_.value);
        if (one.value.empty()) return all_.fault(at, "has no text as `" + options_.value + "`");
        one.description = member(item, options_.description);
        one.external_id = member(item, options_.external_id);
        one.tags = list(item, options_.tags, "name");
        one.references = list(item, options_.references, "url");
        std::string why;
        if (put_type(one, member(item, options_.type), why) &&
            put_severity(one, member(item, options_.severity), why) &&
            put_confidence(one, member(item, options_.confidence), why) &&
            put_time(one.first_seen, options_.first_seen, member(item, options_.first_seen), why) &&
            put_time(one.last_seen, options_.last_seen, member(item, options_.last_seen), why) &&
            put_time(one.valid_until, options_.valid_until, member(item, options_.valid_until), why))
            all_.add(std::move(one), at);
        else all_.fault(at, std::move(why));
    }

private:
    static std::string member(std::string_view item, std::string_view path) {
        return path.empty() ? std::string{} : text_at(item, path);
    }
    // A list, or a text with separators.
    static std::vector<std::string> list(std::string_view item, std::string_view path, std::string_view name) {
        const auto value = path.empty() ? std::string_view{} : value_at(item, path);
        if (!json::is_string(value)) return texts_of(value, name);
        std::vector<std::string> all;
        append_split(all, json::text_of(value), separators);
        return all;
    }

    const json_options& options_;
    collector& all_;
};

void read_lines(std::string_view text, json_feed& feed, collector& all) {
    for (std::size_t line = 1; !text.empty() && !all.is_refused(); ++line) {
        const auto size = std::min(text.find('\n'), text.size());
        const auto one = trimmed(text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
        if (one.empty()) continue;
        if (json::is_json(one, all.within().depth_max)) feed.read_item(one, {line, {}});
        else all.fault({line, {}}, "is not JSON");
    }
}

}  // namespace

reading read_json(std::string_view text, const json_options& options, const read_limits& within) {
    collector all(within);
    bool has_lines = false;
    json_feed feed(options, all);
    if (options.value.empty()) all.refuse("has no member for the value");
    else if (!all.take_json(text, &has_lines)) return all.finish();
    else if (has_lines) read_lines(text, feed, all);
    else if (feed.collect(text, options.items, "$") == 0) all.refuse("has no list at `" + options.items + "`");
    return all.finish();
}

}  // namespace carrel::indicators
