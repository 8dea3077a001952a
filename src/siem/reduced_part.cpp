#include "query/tokens.hpp"
#include "segments/segment_columns.hpp"
#include "segments/segment_texts.hpp"
#include "siem/event_parts.hpp"

#include <algorithm>
#include <span>

namespace carrel::siem {

namespace {

error damaged() { return {make_error_code(sqlite_errc::corrupt), "a segment just made cannot be read"}; }

// A segment's events, one by one, as they were added.
class reread_segment {
public:
    static std::optional<reread_segment> open(const segments::segment& of) {
        auto columns = segments::segment_columns::open(of.columns);
        const auto summary = segments::segment_summary::open(of.texts);
        auto texts = segments::segment_texts::open(of.data, static_cast<std::size_t>(of.events));
        if (!columns || !summary || !texts) return std::nullopt;
        auto at = columns->at(), received_at = columns->received_at();
        auto ids = columns->ids();
        if (!at || !received_at || !ids) return std::nullopt;
        reread_segment made{std::move(*texts), std::move(*at), std::move(*received_at), std::move(*ids), {}};
        for (std::size_t i = 0; i < segments::column_count; ++i) {
            const auto which = static_cast<segments::column>(i);
            auto kept = summary->texts(which);
            auto text = kept ? columns->text(which, std::move(kept)) : std::nullopt;
            if (!text) return std::nullopt;
            made.columns.push_back(std::move(*text));
        }
        return made;
    }

    segments::event_head head(std::size_t event) const {
        segments::event_head made{ids[event], at[event], received_at[event], {}};
        for (std::size_t i = 0; i < segments::column_count; ++i) made.texts[i] = columns[i].text(event);
        return made;
    }

    segments::segment_texts texts;
    std::vector<timestamp> at, received_at;
    std::vector<uuid> ids;
    std::vector<segments::text_column> columns;
};

class reducer {
public:
    reduced_part made;

    void keep(const segments::segment& whole, const uuid& first, const uuid& last) {
        made.segments.push_back(whole);
        note(first);
        note(last);
        made.events += whole.events;
    }

    // `places` are within the segment.
    bool reduce(reread_segment& from, std::size_t events, std::span<const std::uint32_t> places, std::size_t base) {
        for (std::size_t i = 0; i < events; ++i) {
            if (!places.empty() && places.front() == base + i) {
                places = places.subspan(1);
                continue;
            }
            const auto text = from.texts.text(i);
            if (!text) return false;
            tokens_.for_each_token(*text, [this](std::uint64_t token, query::token_kind kind) {
                builder_.add_token(token);
                if (kind == query::token_kind::path) builder_.add_path(token);
            });
            builder_.add(from.head(i), *text);
            note(from.ids[i]);
            ++made.events;
        }
        if (builder_.events() > 0) made.segments.push_back(builder_.finish());
        return true;
    }

private:
    void note(const uuid& id) {
        if (!std::exchange(any_, true)) made.first_id = id;
        made.last_id = id;
    }

    segments::segment_builder builder_{segments::fresh_format};
    query::token_reader tokens_;
    bool any_ = false;
};

}  // namespace

// Only the segments that hold one of the places are made again.
result<reduced_part> part_without(const event_part& part, const std::vector<std::uint32_t>& places) {
    reducer into;
    std::span<const std::uint32_t> rest(places);
    std::size_t base = 0;
    for (const segments::segment& each : part.segments) {
        const auto events = static_cast<std::size_t>(each.events);
        const auto end = std::lower_bound(rest.begin(), rest.end(), base + events);
        const auto here = rest.first(static_cast<std::size_t>(end - rest.begin()));
        rest = rest.subspan(here.size());
        if (here.size() < events) {
            auto read = reread_segment::open(each);
            if (!read) return damaged();
            if (here.empty()) into.keep(each, read->ids.front(), read->ids.back());
            else if (!into.reduce(*read, events, here, base)) return damaged();
        }
        base += events;
    }
    return std::move(into.made);
}

}  // namespace carrel::siem
