#pragma once

#include "shippers/protocol.hpp"
#include "siem/unwrapped_body.hpp"

#include <string>
#include <string_view>

namespace carrel::shippers {

/// A document with an array of groups, each of which holds events: one group is held at a time, and its events are made
/// one by one.
class nested_body : public shipper_body {
public:
    nested_body(std::string groups_at, siem::missing_array missing)
        : groups_(siem::make_document_body(std::move(groups_at), missing)) {}

    step next(std::string_view& bytes, siem::body_item& into) final {
        while (!give(into)) {
            const step found = groups_->next(bytes, into);
            if (found != step::item || !begin(into)) return found;
        }
        return step::item;
    }
    step finish(siem::body_item& into) final {
        while (!give(into)) {
            const step found = groups_->finish(into);
            if (found != step::item || !begin(into)) return found;
        }
        return step::item;
    }

    std::string_view why() const noexcept final { return groups_->why(); }
    std::size_t bytes_held() const noexcept final { return groups_->bytes_held() + made_.size(); }

protected:
    /// A group begins; `group` is valid JSON and stays until the next one begins. Why it cannot be read; empty: it can.
    virtual std::string_view begin_group(std::string_view group) = 0;
    /// The next event of the group: its JSON in `made`, or why there is none in `fault`. False if there is no more.
    virtual bool next_event(std::string& made, std::string& fault) = 0;

private:
    // False if the group itself is at fault, which `into` then reports.
    bool begin(siem::body_item& into);
    bool give(siem::body_item& into);

    std::unique_ptr<siem::event_body> groups_;
    std::string made_, fault_;
    bool is_open_ = false;
    std::int64_t number_ = 0;
};

/// `detail` of the first fault and how many more there are; empty if there is none.
std::string faults_text(const siem::intake_summary& summary);

/// What a group says about all its events is written into each of them, so it is bounded.
inline constexpr std::size_t shared_bytes_max = 64u << 10;

}  // namespace carrel::shippers
