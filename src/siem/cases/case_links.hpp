#pragma once

#include "resource/resource.hpp"

// An alert belongs to one investigation at most: its own `investigation_id` says to which.
namespace carrel::siem {

inline constexpr std::int64_t alerts_of_investigation_max = 10'000;

/// Links an alert with an investigation that is open, and makes the reply of the alert. Nothing happens if it is linked with it;
/// a conflict if it is linked with another. The history keeps the note.
result<void> link_alert(write_session& session, const call& request, const record& alert, const record& investigation,
                        std::string_view note, reply& into);
/// The same of the investigation with an id, which a body has named.
result<void> link_alert(write_session& session, const call& request, const record& alert, const std::string& id,
                        std::string_view note, reply& into);
/// Takes the link of an alert away, and makes the reply of the alert. 404 if it has none.
result<void> unlink_alert(write_session& session, const call& request, const record& alert, std::string_view note,
                          reply& into);
/// Of an investigation that is about to go.
result<void> unlink_all_alerts(write_session& session, const call& request, const record& investigation);

/// Keeps what timelines know of an alert's events. `before` and `after` are the alert's records.
result<void> move_case_events(write_session& session, const record& before, const record& after);

}  // namespace carrel::siem
