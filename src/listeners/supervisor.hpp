#pragma once

#include "listeners/actor.hpp"
#include "siem/listeners/listener_control.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace carrel::listeners {

struct supervisor_options {
    log_sink log;
    std::shared_ptr<const siem::mappings_in_force> mappings;
    std::function<syslog::tls_context()> tls;
    letter_keeper keep_letters;
};

/// What a listener has counted, with its id.
struct named_counts {
    std::string id;
    siem::listener_counts counted;
};

/// Runs the listeners that are stored, on a thread of its own: each is an actor that nobody else touches. What is stored says
/// which are to run; `apply` has a change take effect. The database must outlive it, and nothing is called after `stop`.
class supervisor final : public siem::listener_control {
public:
    supervisor(database& store, supervisor_options options);
    /// As `stop` with a deadline of 0.
    ~supervisor() override;

    /// Starts those that are to run. Returns once each does, or is said to be in error.
    result<void> start();
    /// Takes no more, stores what came, and ends. Past the deadline what is not stored is dropped and counted; true if
    /// nothing was. Idempotent.
    bool stop(std::chrono::milliseconds deadline);

    void apply(const std::string& id, settled done) override;
    std::optional<siem::listener_counts> counts(std::string_view id) const override;
    std::vector<named_counts> all_counts() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace carrel::listeners
