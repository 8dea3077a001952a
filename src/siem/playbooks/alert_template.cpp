#include "siem/playbooks/alert_template.hpp"

#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/alerts.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::string_view opening = "{{", closing = "}}", prefix = "alert.";
constexpr std::array<std::string_view, 12> names = {"id",     "title",       "description", "severity",
                                                    "status", "disposition", "rule_id",     "assigned_to",
                                                    "tags",   "risk_score",  "fingerprint", "duplicate_count"};

// The next placeholder from `at` on: the text before it, and its name; no name at the end.
struct piece {
    std::string_view before, name;
    std::size_t next = 0;
    bool is_open = false;  // it does not end
};
piece next_piece(std::string_view text, std::size_t at) {
    const std::size_t begin = text.find(opening, at);
    if (begin == text.npos) return {text.substr(at), {}, text.size()};
    const std::size_t end = text.find(closing, begin);
    if (end == text.npos) return {text.substr(at), {}, text.size(), true};
    std::string_view name = text.substr(begin + opening.size(), end - begin - opening.size());
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    // A name is never empty here: what is empty is as unknown as a blank.
    return {text.substr(at, begin - at), name.empty() ? " " : name, end + closing.size()};
}

bool is_known(std::string_view name) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    return std::find(names.begin(), names.end(), name) != names.end();
}

void check_text(std::string_view text, const std::string& path, std::vector<fault>& faults) {
    for (std::size_t at = 0; at < text.size();) {
        const piece each = next_piece(text, at);
        if (each.is_open) return faults.push_back({path, 0, "has {{ without }}"});
        if (!each.name.empty() && !is_known(each.name))
            return faults.push_back({path, 0, "has {{" + quoted(each.name) + "}}, which stands for nothing"});
        at = each.next;
    }
}

std::string text_in(const record& alert, std::string_view name) {
    const std::size_t place = alerts().position(name.substr(prefix.size()));
    const field& rules = alerts().fields[place];
    if (const auto* text = alert.text(place)) {
        if (rules.kind != field_kind::text_list) return *text;
        std::string all;
        for (const std::string& item : items_of(alert.values[place])) all.append(all.empty() ? "" : ", ").append(item);
        return all;
    }
    if (!alert.has(place)) return {};
    const std::int64_t number = alert.integer(place);
    return rules.kind == field_kind::enumeration ? std::string(rules.values[static_cast<std::size_t>(number)])
                                                 : std::to_string(number);
}

class filler {
public:
    explicit filler(const record* alert)
        : alert_(alert) {}

    base::outcome<boost::json::value> fill(const boost::json::value& of) {
        if (const auto* text = of.if_string()) return fill_text({text->data(), text->size()});
        if (const auto* list = of.if_array()) {
            boost::json::array all;
            for (const auto& each : *list) {
                auto one = fill(each);
                if (!one) return one;
                all.push_back(std::move(*one));
            }
            return boost::json::value(std::move(all));
        }
        if (const auto* object = of.if_object()) {
            boost::json::object all;
            for (const auto& each : *object) {
                auto one = fill(each.value());
                if (!one) return one;
                all[each.key()] = std::move(*one);
            }
            return boost::json::value(std::move(all));
        }
        return of;
    }

private:
    base::outcome<boost::json::value> fill_text(std::string_view text) {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            const piece each = next_piece(text, at);
            out += each.before;
            if (!each.name.empty()) {
                if (alert_ == nullptr)
                    return base::failure{"there is no alert to fill in {{", std::string(each.name), "}}"};
                if (!is_known(each.name)) return base::failure{"{{", std::string(each.name), "}} stands for nothing"};
                out += text_in(*alert_, each.name);
            }
            if (bytes_ + out.size() > filled_bytes_max)
                return base::failure{"the parameters have more than ", std::to_string(filled_bytes_max),
                                     " bytes once the alert is filled in"};
            at = each.next;
        }
        bytes_ += out.size();
        return boost::json::value(boost::json::string(out));
    }

    const record* alert_;
    std::size_t bytes_ = 0;
};

}  // namespace

bool has_placeholder(std::string_view text) noexcept { return text.find(opening) != text.npos; }

bool has_placeholder(const boost::json::value& of) {
    if (const auto* text = of.if_string()) return has_placeholder(std::string_view(text->data(), text->size()));
    if (const auto* list = of.if_array())
        return std::any_of(list->begin(), list->end(), [](const auto& each) { return has_placeholder(each); });
    if (const auto* object = of.if_object())
        return std::any_of(object->begin(), object->end(),
                           [](const auto& each) { return has_placeholder(each.value()); });
    return false;
}

void check_placeholders(const boost::json::value& of, const std::string& path, std::vector<fault>& faults) {
    if (const auto* text = of.if_string()) return check_text({text->data(), text->size()}, path, faults);
    if (const auto* list = of.if_array())
        for (std::size_t i = 0; i < list->size(); ++i)
            check_placeholders((*list)[i], path + "[" + std::to_string(i) + "]", faults);
    if (const auto* object = of.if_object())
        for (const auto& each : *object)
            check_placeholders(each.value(), path + "." + quoted({each.key().data(), each.key().size()}), faults);
}

base::outcome<boost::json::value> fill_in(const boost::json::value& of, const record* alert) {
    return filler(alert).fill(of);
}

}  // namespace carrel::siem
