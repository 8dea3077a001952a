#include "indicators/formats.hpp"
#include "resource/references.hpp"
#include "siem/feed_items.hpp"
#include "siem/indicator_import.hpp"
#include "siem/ioc_feeds.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>

// What a feed of indicators leads to. They are stored in slices, since a feed may have more of them than others should wait for; each
// slice by itself is right, and the next time goes on with what is missing.
namespace carrel::siem {

namespace {

using base::failure;
using base::outcome;

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

class format_reader {
public:
    explicit format_reader(const record& feed)
        : feed_(feed) {
        if (const auto* text = feed.text(at("field_mapping"))) mapping_ = boost::json::parse(*text).as_object();
        if (const auto name = kind_name()) of_ = indicators::kind_named(*name);
    }

    indicators::reading read(const std::string& text) const {
        switch (static_cast<feed_format>(feed_.integer(at("format")))) {
            case feed_format::list: return indicators::read_list(text, list_options());
            case feed_format::csv: return indicators::read_csv(text, csv_options());
            case feed_format::json: return indicators::read_json(text, json_options());
            case feed_format::stix: return indicators::read_stix(text);
            case feed_format::misp: return indicators::read_misp(text);
        }
        return {};
    }

private:
    static std::size_t at(std::string_view name) { return ioc_feeds().position(name); }
    std::optional<std::string_view> kind_name() const {
        if (!feed_.has(at("default_type"))) return std::nullopt;
        return indicator_kinds[static_cast<std::size_t>(feed_.integer(at("default_type")))];
    }
    std::optional<std::string> mapped(std::string_view name) const {
        const auto* const given = mapping_.if_contains(name);
        if (given == nullptr) return std::nullopt;
        return std::string(given->as_string().data(), given->as_string().size());
    }
    char character(std::string_view name, char otherwise) const {
        const auto* const text = feed_.text(at(name));
        return text == nullptr ? otherwise : text->front();
    }
    indicators::list_options list_options() const {
        indicators::list_options made;
        if (feed_.has(at("comment_char"))) made.comment = std::string(1, character("comment_char", '#'));
        made.of = of_;
        return made;
    }
    indicators::csv_options csv_options() const {
        indicators::csv_options made;
        made.delimiter = character("delimiter", ',');
        made.comment = character("comment_char", '#');
        made.has_header = feed_.integer(at("skip_header")) != 0 || !mapping_.empty();
        made.value.number = static_cast<int>(feed_.integer(at("value_column")));
        made.type.number = static_cast<int>(feed_.integer(at("type_column")));
        for (const auto& [name, column] :
             std::initializer_list<std::pair<std::string_view, indicators::column*>>{{"value", &made.value},
                                                                                     {"type", &made.type},
                                                                                     {"severity", &made.severity},
                                                                                     {"confidence", &made.confidence},
                                                                                     {"tags", &made.tags},
                                                                                     {"description", &made.description},
                                                                                     {"external_id", &made.external_id},
                                                                                     {"first_seen", &made.first_seen},
                                                                                     {"last_seen", &made.last_seen},
                                                                                     {"valid_until", &made.valid_until},
                                                                                     {"references", &made.references}})
            if (auto given = mapped(name)) *column = {.name = std::move(*given), .number = -1};
        made.of = of_;
        return made;
    }
    indicators::json_options json_options() const {
        indicators::json_options made;
        for (const auto& [name, path] :
             std::initializer_list<std::pair<std::string_view, std::string*>>{{"items", &made.items},
                                                                              {"value", &made.value},
                                                                              {"type", &made.type},
                                                                              {"severity", &made.severity},
                                                                              {"confidence", &made.confidence},
                                                                              {"tags", &made.tags},
                                                                              {"description", &made.description},
                                                                              {"external_id", &made.external_id},
                                                                              {"first_seen", &made.first_seen},
                                                                              {"last_seen", &made.last_seen},
                                                                              {"valid_until", &made.valid_until},
                                                                              {"references", &made.references}})
            if (auto given = mapped(name)) *path = std::move(*given);
        made.of = of_;
        return made;
    }

    const record& feed_;
    boost::json::object mapping_;
    std::optional<indicators::kind> of_;
};

import_defaults defaults_of(const record& feed) {
    const resource& of = ioc_feeds();
    import_defaults made;
    if (const std::size_t at = of.position("default_type"); feed.has(at))
        made.of = indicators::kind_named(indicator_kinds[static_cast<std::size_t>(feed.integer(at))]);
    made.status = feed.integer(of.position("default_status"));
    made.severity = feed.integer(of.position("default_severity"));
    made.tags = items_of(feed.values[of.position("tags")]);
    made.source = *feed.text(of.position("name"));
    made.feed_id = *feed.text(of.id);
    return made;
}

class indicators_of_feed : public prepared_feed {
public:
    explicit indicators_of_feed(const fetched_source& from)
        : files_(static_cast<std::int64_t>(from.files.size())),
          bytes_(static_cast<std::int64_t>(from.bytes)) {
        for (const std::string& each : from.left_out) items_.add({}, 0, {}, "left_out", each);
    }

    void take(const record& feed, prepared_import found, const call& request) {
        all_ = std::move(found);
        for (const rejected_item& each : all_.reasons)
            items_.add(each.path, static_cast<std::int64_t>(each.line), {}, "rejected", each.detail);
        choose(feed);
        const std::int64_t days = feed.integer(ioc_feeds().position("auto_expire_days"));
        if (days == 0) return;
        for (prepared_indicator& each : all_.items)
            if (!each.from.valid_until) each.from.valid_until.emplace(request.now + days * day);
    }

    std::size_t size() const override { return all_.items.size(); }
    sync_result found() const override { return {counts({}), items_.text()}; }

    result<std::size_t> store(write_session& session, const call& request, std::size_t from,
                              sync_result& so_far) const override {
        import_totals totals;
        for (const auto& [name, count] : so_far.counts) {
            if (name == "created") totals.created = count;
            if (name == "updated") totals.updated = count;
            if (name == "unchanged") totals.unchanged = count;
        }
        std::size_t at = from;
        if (auto done = store_import(session, request, all_, at, totals); !done) return done.error();
        so_far.counts = counts(totals);
        return at;
    }

private:
    void choose(const record& feed) {
        const resource& of = ioc_feeds();
        const auto include = items_of(feed.values[of.position("include_types")]);
        const auto exclude = items_of(feed.values[of.position("exclude_types")]);
        const auto* const least = std::get_if<double>(&feed.values[of.position("min_confidence")]);
        const auto is_in = [](const std::vector<std::string>& list, std::string_view name) {
            return std::find(list.begin(), list.end(), name) != list.end();
        };
        const auto is_refused = [&](const prepared_indicator& each) {
            const std::string_view name = indicators::name_of(each.of);
            if ((!include.empty() && !is_in(include, name)) || is_in(exclude, name)) return true;
            return least != nullptr && each.from.confidence.value_or(all_.defaults.confidence) < *least;
        };
        filtered_ = static_cast<std::int64_t>(std::erase_if(all_.items, is_refused));
    }

    std::vector<std::pair<std::string_view, std::int64_t>> counts(const import_totals& totals) const {
        return {{"files", files_},
                {"bytes", bytes_},
                {"indicators", static_cast<std::int64_t>(all_.items.size())},
                {"filtered", filtered_},
                {"rejected", all_.rejected},
                {"repeated", all_.repeated},
                {"created", totals.created},
                {"updated", totals.updated},
                {"unchanged", totals.unchanged}};
    }

    std::int64_t files_, bytes_, filtered_ = 0;
    prepared_import all_;
    feed_items items_;
};

// All files as one reading: what is in two of them is one indicator.
outcome<indicators::reading> read_all(const record& feed, const fetched_source& from) {
    const format_reader reader(feed);
    indicators::reading all;
    for (const source_file& each : from.files) {
        indicators::reading one = reader.read(each.bytes);
        if (!one.refused.empty()) return failure{"the file ", each.name, " cannot be read: ", one.refused};
        std::move(one.candidates.begin(), one.candidates.end(), std::back_inserter(all.candidates));
        std::move(one.faults.begin(), one.faults.end(), std::back_inserter(all.faults));
        all.faults_left_out += one.faults_left_out;
        if (all.candidates.size() > prepared_import::items_max)
            return failure{"the feed has more than ", std::to_string(prepared_import::items_max), " indicators"};
    }
    return all;
}

}  // namespace

base::outcome<std::unique_ptr<prepared_feed>> prepare_ioc_feed(const record& feed, const fetched_source& from,
                                                               const call& request) {
    if (from.files.empty()) return failure{"there is no file in the feed"};
    auto read = read_all(feed, from);
    if (!read) return read.error();
    auto made = std::make_unique<indicators_of_feed>(from);
    auto prepared = prepare_import(std::move(*read), defaults_of(feed), [] { return result<void>(); });
    if (!prepared) return failure{"the indicators could not be prepared"};
    made->take(feed, std::move(*prepared), request);
    return std::unique_ptr<prepared_feed>(std::move(made));
}

}  // namespace carrel::siem
