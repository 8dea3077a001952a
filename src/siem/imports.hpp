#pragma once

#include "resource/operation.hpp"

#include <carrel/session.hpp>

// What imports of files have in common: they may be tried without storing anything.
namespace carrel::siem {

struct import_input : input {
    bool dry_run = false;
};

/// A file, and no parameter but `dry_run`; leaves an `import_input`.
std::optional<problem> check_import(const operation& what, call& request);
field_doc dry_run_parameter();

/// Runs `store`, which says in `into` why it refuses. What is only tried leaves nothing, and succeeds.
template <class Store>
result<void> store_or_try(write_session& session, bool dry_run, const reply& into, Store store) {
    const error tried(make_error_code(siem_errc::refused));
    auto done = session.attempt([&]() -> result<void> {
        if (auto stored = store(); !stored) return stored;
        if (dry_run) return tried;
        return {};
    });
    const bool was_tried = !done && dry_run && !into.refused && done.error().code() == tried.code();
    return was_tried ? result<void>() : done;
}

}  // namespace carrel::siem
