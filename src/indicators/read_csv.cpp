#include "indicators/csv_records.hpp"
#include "indicators/fields.hpp"
#include "indicators/formats.hpp"
#include "indicators/text.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

constexpr column csv_options::*columns[] = {
    &csv_options::value,     &csv_options::type,        &csv_options::severity,    &csv_options::confidence,
    &csv_options::tags,      &csv_options::description, &csv_options::external_id, &csv_options::first_seen,
    &csv_options::last_seen, &csv_options::valid_until, &csv_options::references};

bool is_named(std::string_view field, std::string_view name) {
    return std::equal(field.begin(), field.end(), name.begin(), name.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

class table {
public:
    table(const csv_options& options, collector& all)
        : options_(options),
          all_(all) {}

    // The columns that are given by name get their numbers.
    bool read_header(const std::vector<std::string>& names) {
        for (const auto member : columns) {
            column* each = &(options_.*member);
            if (each->name.empty()) continue;
            const auto at = std::find_if(names.begin(), names.end(),
                                         [&](const auto& name) { return is_named(trimmed(name), each->name); });
            if (at == names.end()) {
                all_.refuse("has no column `" + each->name + "` in its header");
                return false;
            }
            each->number = static_cast<int>(at - names.begin());
        }
        return true;
    }

    void read_record(const std::vector<std::string>& fields, std::size_t line) {
        const auto field = [&](const column& of) {
            return of.number < 0 || static_cast<std::size_t>(of.number) >= fields.size()
                       ? std::string_view{}
                       : trimmed(fields[static_cast<std::size_t>(of.number)]);
        };
        if (static_cast<std::size_t>(options_.value.number) >= fields.size())
            return all_.fault({line, {}}, "has no column " + std::to_string(options_.value.number));
        candidate one;
        one.of = options_.of;
        one.value = field(options_.value);
        one.description = field(options_.description);
        one.external_id = field(options_.external_id);
        append_split(one.tags, field(options_.tags), options_.list_separators);
        append_split(one.references, field(options_.references), options_.list_separators);
        std::string why;
        if (put_type(one, field(options_.type), why) && put_severity(one, field(options_.severity), why) &&
            put_confidence(one, field(options_.confidence), why) &&
            put_time(one.first_seen, "first_seen", field(options_.first_seen), why) &&
            put_time(one.last_seen, "last_seen", field(options_.last_seen), why) &&
            put_time(one.valid_until, "valid_until", field(options_.valid_until), why))
            all_.add(std::move(one), {line, {}});
        else all_.fault({line, {}}, std::move(why));
    }

    bool has_names() const {
        return std::any_of(std::begin(columns), std::end(columns),
                           [this](auto member) { return !(options_.*member).name.empty(); });
    }
    bool has_value() const { return options_.value.is_given(); }

private:
    csv_options options_;
    collector& all_;
};

}  // namespace

reading read_csv(std::string_view text, const csv_options& options, const read_limits& within) {
    collector all(within);
    table rows(options, all);
    if (!all.take_text(text)) return all.finish();
    if (!rows.has_value()) all.refuse("has no column for the value");
    else if (!options.has_header && rows.has_names()) all.refuse("has no header, which the names of columns need");
    if (options.delimiter == '"' || options.delimiter == '\n' || options.delimiter == '\r')
        all.refuse("cannot have that delimiter");
    csv_records records(text, options.delimiter, options.comment);
    bool is_header = options.has_header;
    while (!all.is_refused() && records.next()) {
        if (!records.fault().empty()) {
            if (is_header) all.refuse("has a header that " + std::string(records.fault()));
            all.fault({records.line(), {}}, std::string(records.fault()));
        } else if (is_header) {
            is_header = false;
            rows.read_header(records.fields());
        } else {
            rows.read_record(records.fields(), records.line());
        }
    }
    return all.finish();
}

}  // namespace carrel::indicators
