#include "siem/segment_check.hpp"

#include "query/tokens.hpp"
#include "segments/segment_columns.hpp"
#include "segments/segment_texts.hpp"
#include "segments/token_filter.hpp"

#include <algorithm>
#include <utility>

namespace carrel::siem {

namespace {

using segments::segment;
using segments::segment_columns;

// Whether `values`, of which there are some, go from `least` to `greatest`.
template <class Value>
bool reach(const std::vector<Value>& values, const Value& least, const Value& greatest) {
    const auto [first, last] = std::minmax_element(values.begin(), values.end());
    return *first == least && *last == greatest;
}

class examination {
public:
    explicit examination(const segment& of)
        : of_(of) {}

    std::vector<std::string> run() {
        const auto columns = segment_columns::open(of_.columns);
        const auto events = static_cast<std::size_t>(of_.events);
        expect(columns.has_value(), "its columns are damaged");
        if (columns) {
            expect(columns->events() == events, "it holds another number of events than it says");
            look_at(*columns);
        }
        expect(segments::token_filter(of_.paths).is_sound(), "its paths are damaged");
        expect(segments::token_filter(of_.filter).is_sound(), "its filter is damaged");
        look_at_texts(columns ? columns->events() : events);
        return std::move(found_);
    }

private:
    void expect(bool is_so, std::string otherwise) {
        if (!is_so) found_.push_back(std::move(otherwise));
    }

    void look_at(const segment_columns& columns) {
        const auto at = columns.at();
        const auto ids = columns.ids();
        expect(at && columns.received_at(), "its times are damaged");
        expect(ids.has_value(), "its ids are damaged");
        expect(!at || reach(*at, of_.from_at, of_.to_at), "its times go beyond what it says");
        expect(!ids || reach(*ids, of_.from_id, of_.to_id), "its ids go beyond what it says");
        const auto summary = segments::segment_summary::open(of_.texts);
        expect(summary.has_value(), "its summary is damaged");
        for (std::size_t i = 0; i < segments::column_count && summary; ++i)
            look_at_column(columns, *summary, static_cast<segments::column>(i));
    }

    void look_at_column(const segment_columns& columns, const segments::segment_summary& summary,
                        segments::column which) {
        const auto texts = summary.texts(which);
        expect(texts != nullptr, "its summary of a column is damaged");
        const auto column = texts ? columns.text(which, texts) : std::nullopt;
        expect(!texts || column, "its codes of a column are damaged");
        if (!column) return;
        std::vector<std::int64_t> counts(texts->size() + 1, 0);
        for (std::size_t i = 0; i < columns.events(); ++i) ++counts[column->code(i)];
        bool are_same = summary.events() == columns.events();
        for (std::size_t code = 0; code < counts.size(); ++code)
            are_same = are_same && counts[code] == texts->events_of(code);
        expect(are_same, "its summary counts other events of a column than it has");
    }

    void look_at_texts(std::size_t events) {
        const segments::token_filter filter(of_.filter), paths(of_.paths);
        auto texts = segments::segment_texts::open(of_.data, events);
        expect(texts.has_value(), "its events are damaged");
        if (!texts) return;
        std::size_t damaged = 0, bytes = 0;
        bool holds_all = true, holds_paths = true;
        query::token_reader tokens;
        for (std::size_t i = 0; i < events; ++i) {
            const auto text = texts->text(i);
            damaged += !text;
            if (!text) continue;
            bytes += text->size();
            const auto frame = texts->frame_of(i);
            tokens.for_each_token(*text, [&](std::uint64_t token, query::token_kind kind) {
                holds_all = holds_all && (filter.frames_of(token) >> frame & 1) != 0;
                if (kind == query::token_kind::path) holds_paths = holds_paths && paths.may_hold(token);
            });
        }
        expect(damaged == 0, std::to_string(damaged) + " of its events are damaged");
        expect(damaged > 0 || bytes == static_cast<std::size_t>(of_.bytes),
               "its events are longer or shorter than it says");
        expect(holds_all, "its filter denies what its events hold");
        expect(holds_paths, "its paths lack one that its events have");
    }

    const segment& of_;
    std::vector<std::string> found_;
};

}  // namespace

uuid id_of_key(std::string_view bytes) noexcept {
    uuid id;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 16); ++i)
        (i < 8 ? id.high : id.low) |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (56 - 8 * (i % 8));
    return id;
}

std::vector<std::string> damages_of(const segment& stored) { return examination(stored).run(); }

}  // namespace carrel::siem
