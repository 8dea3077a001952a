#include "siem/feed_family.hpp"

#include "base/base64url.hpp"
#include "outbound/checks.hpp"
#include "siem/feed_schedule.hpp"
#include "siem/outbound_settings.hpp"
#include "siem/secrets.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

namespace json_of = boost::json;

constexpr std::array<std::string_view, 3> auth_types = {"basic", "bearer", "header"};

std::string text_in(const json_of::object& from, std::string_view name) {
    const auto* const found = from.if_contains(name);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::string place_of(const resource& of, std::string_view id) {
    return std::string(of.table) + "/" + std::string(id) + "/auth_config";
}

// The header that names the caller; nothing for an object that says it in no known way.
std::optional<std::pair<std::string, std::string>> header_of(const json_of::object& auth) {
    const std::string type = text_in(auth, "type");
    if (type == "basic")
        return std::pair("Authorization",
                         "Basic " + to_base64(text_in(auth, "user") + ":" + text_in(auth, "password")));
    if (type == "bearer") return std::pair("Authorization", "Bearer " + text_in(auth, "token"));
    if (type == "header") return std::pair(text_in(auth, "name"), text_in(auth, "value"));
    return std::nullopt;
}

std::span<const std::string_view> members_of_auth(std::string_view type) {
    static constexpr std::array<std::string_view, 2> basic = {"user", "password"};
    static constexpr std::array<std::string_view, 1> bearer = {"token"};
    static constexpr std::array<std::string_view, 2> header = {"name", "value"};
    if (type == "basic") return basic;
    if (type == "bearer") return bearer;
    return header;
}

void check_auth(const json_of::object& auth, std::vector<fault>& faults) {
    const std::string type = text_in(auth, "type");
    if (!index_of(auth_types, type))
        return faults.push_back({"auth_config.type", 0, "must be one of " + list_of(auth_types)});
    const auto known = members_of_auth(type);
    for (const auto& [key, given] : auth) {
        const std::string_view name(key.data(), key.size());
        if (name == "type") continue;
        if (std::find(known.begin(), known.end(), name) == known.end())
            faults.push_back({"auth_config." + std::string(name.substr(0, 100)), 0, "is an unknown member of " + type});
        else if (!given.is_string()) faults.push_back({"auth_config." + std::string(name), 0, "must be a string"});
    }
    for (const std::string_view name : known)
        if (!auth.contains(name)) faults.push_back({"auth_config." + std::string(name), 0, "is required"});
    const auto header = header_of(auth);
    if (faults.empty() && !outbound::is_sendable(header->first, header->second))
        faults.push_back({"auth_config", 0, "is no header that may be sent"});
}

class feed_checker {
public:
    feed_checker(const resource& of, record& row, std::vector<fault>& faults)
        : of_(of),
          row_(row),
          faults_(faults) {}

    void check_source() {
        const auto type = static_cast<source_type>(row_.integer(at("type")));
        const std::string name(source_types[static_cast<std::size_t>(type)]);
        const auto refuse = [&](std::string_view field) {
            if (row_.has(at(field))) fault_at(field, "is not taken by a feed of type " + name);
        };
        if (type == source_type::filesystem) {
            if (!row_.has(at("path"))) fault_at("path", "is required by a feed of type " + name);
            for (const std::string_view each : {"url", "branch", "auth_config"}) refuse(each);
            if (outbound_in_force().feeds_directory.empty()) fault_at("type", "this server has no directory of feeds");
        } else {
            check_url(type, name);
        }
        if (type == source_type::http)
            for (const std::string_view each : {"branch", "path"}) refuse(each);
        // The command that fetches it shows its arguments to other users of the machine.
        if (type == source_type::git) refuse("auth_config");
        if (const auto* path = row_.text(at("path"))) check_path(*path);
    }

    void check_schedule(const call& request, const record* before) {
        const auto* const text = row_.text(at("update_schedule"));
        const auto schedule = text == nullptr ? std::nullopt : feed_schedule::parse(*text);
        const bool is_scheduled =
            static_cast<update_strategy>(row_.integer(at("update_strategy"))) == update_strategy::scheduled;
        if (text != nullptr && !schedule)
            fault_at("update_schedule", "must be an interval, such as 6h, or five fields of cron, such as `0 3 * * *`");
        else if (text == nullptr && is_scheduled) fault_at("update_schedule", "is required by the strategy scheduled");
        const bool is_same = before != nullptr && same(*before, {"update_strategy", "update_schedule", "enabled"});
        if (is_same || !faults_.empty()) return;
        const bool comes_again = is_scheduled && row_.integer(at("enabled")) != 0;
        const auto next = comes_again ? schedule->next(request.now) : std::nullopt;
        row_.values[at("next_sync_at")] = next ? value(*next) : value();
    }

    void settle_status(const record* before) {
        if (before != nullptr && same(*before, {"enabled"})) return;
        row_.values[at("status")] =
            static_cast<std::int64_t>(row_.integer(at("enabled")) != 0 ? feed_status::active : feed_status::disabled);
    }

    // Who may change a feed never sees its secret: it is not sent where somebody else has turned it to.
    void check_secret(const record* before) {
        if (before == nullptr || !row_.has(at("auth_config")) || !same(*before, {"auth_config"})) return;
        if (!same(*before, {"url"})) fault_at("auth_config", "must be given again, or null, since url has changed");
    }

    // What was read of another source, or by other rules, is not what would be read now.
    void reset_last(const record* before) {
        constexpr std::array<std::string_view, 6> own = {"id",         "status",  "next_sync_at",
                                                         "updated_at", "version", "updated_by"};
        if (before == nullptr) return;
        for (std::size_t i = 0; i < of_.fields.size(); ++i)
            if (before->values[i] != row_.values[i] &&
                std::find(own.begin(), own.end(), of_.fields[i].name) == own.end())
                for (const std::string_view each : {"etag", "last_modified"}) row_.values[at(each)] = value();
    }

private:
    std::size_t at(std::string_view name) const { return of_.position(name); }
    void fault_at(std::string_view field, std::string detail) {
        faults_.push_back({std::string(field), 0, std::move(detail)});
    }
    bool same(const record& before, std::initializer_list<std::string_view> names) const {
        return std::all_of(names.begin(), names.end(),
                           [&](std::string_view name) { return before.values[at(name)] == row_.values[at(name)]; });
    }
    void check_url(source_type type, const std::string& name) {
        const auto* const url = row_.text(at("url"));
        if (url == nullptr) return fault_at("url", "is required by a feed of type " + name);
        if (outbound_in_force().may_clone_files && type == source_type::git && url->starts_with("file://")) return;
        if (auto wrong = outbound::fault_in_url(*url, outbound_in_force().feeds); !wrong.empty())
            fault_at("url", std::move(wrong));
    }
    void check_path(const std::string& path) {
        std::string_view rest = path;
        if (rest.starts_with('/') || rest.find('\0') != rest.npos)
            return fault_at("path", "must be a path below the directory, without a slash at its beginning");
        while (!rest.empty()) {
            const auto end = std::min(rest.find('/'), rest.size());
            if (rest.substr(0, end) == "..") return fault_at("path", "must not have `..` in it");
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    const resource& of_;
    record& row_;
    std::vector<fault>& faults_;
};

std::vector<std::string> list_in(const resource& of, const record& feed, std::string_view field) {
    std::vector<std::string> items;
    if (of.position(field) == resource::absent) return items;
    const auto parsed = json_of::parse(*feed.text(of.position(field)));
    for (const auto& each : parsed.as_array()) items.emplace_back(each.as_string().data(), each.as_string().size());
    return items;
}

std::string text_of(const resource& of, const record& feed, std::string_view field) {
    const auto* const text = feed.text(of.position(field));
    return text == nullptr ? std::string() : *text;
}

}  // namespace

void derive_feed(const resource& of, const call& request, given_members& given, bool is_new,
                 std::vector<fault>& faults) {
    auto& auth = given[of.position("auth_config")];
    if (!auth || !std::holds_alternative<std::string>(*auth)) return;
    const std::string plain = std::get<std::string>(*auth);
    const auto known = faults.size();
    check_auth(json_of::parse(plain).as_object(), faults);
    if (faults.size() > known) return;
    const auto* const own = given[of.id] ? std::get_if<std::string>(&*given[of.id]) : nullptr;
    const std::string& id = own != nullptr ? *own : is_new ? request.fresh_id : request.path[0];
    // Where a secret belongs is sealed with it.
    if (id.empty()) return faults.push_back({"auth_config", 0, "is set for one feed at a time"});
    auto sealed = seal_secret(plain, place_of(of, id));
    if (sealed) auth.emplace(std::in_place_type<std::string>, std::move(*sealed));
    else faults.push_back({"auth_config", 0, "cannot be kept: " + sealed.error().text});
}

void check_feed(const resource& of, const call& request, const record* before, record& after,
                std::vector<fault>& faults) {
    feed_checker checker(of, after, faults);
    checker.check_source();
    checker.check_schedule(request, before);
    checker.check_secret(before);
    checker.settle_status(before);
    checker.reset_last(before);
}

base::outcome<feed_source> source_of(const resource& of, const record& feed) {
    feed_source made{.type = static_cast<source_type>(feed.integer(of.position("type"))),
                     .url = text_of(of, feed, "url"),
                     .branch = text_of(of, feed, "branch"),
                     .path = text_of(of, feed, "path"),
                     .etag = text_of(of, feed, "etag"),
                     .last_modified = text_of(of, feed, "last_modified"),
                     .include_paths = list_in(of, feed, "include_paths"),
                     .exclude_paths = list_in(of, feed, "exclude_paths")};
    const auto* const sealed = feed.text(of.position("auth_config"));
    if (sealed == nullptr) return made;
    const auto plain = open_secret(*sealed, place_of(of, *feed.text(of.id)));
    if (!plain) return base::failure{"auth_config: ", plain.error().text};
    if (auto header = header_of(json_of::parse(*plain).as_object()))
        std::tie(made.header_name, made.header_value) = *std::move(header);
    return made;
}

}  // namespace carrel::siem
