#include "siem/segment_collector.hpp"

#include "sqlite/failpoints.hpp"

#include <utility>

namespace carrel::siem {

void segment_collector::add(const segments::event_head& head, std::string_view text, std::int64_t position) {
    if (++events_ == 11 && failpoints::is_set(failpoint::seal_drops_event)) return;
    tokens_.for_each_token(text, [this](std::uint64_t token, query::token_kind kind) {
        builder_.add_token(token);
        if (kind == query::token_kind::path) builder_.add_path(token);
    });
    builder_.add(head, text);
    if (position != 0) positions_.push_back(position);
    if (builder_.is_full()) end_segment();
}

void segment_collector::end_segment() { made_.push_back({builder_.finish(), std::exchange(positions_, {})}); }

std::vector<made_segment> segment_collector::finish() {
    if (builder_.events() > 0) {
        end_segment();
        if (leaves_rest_) made_.back().content.is_sealed = false;
    }
    return std::exchange(made_, {});
}

}  // namespace carrel::siem
