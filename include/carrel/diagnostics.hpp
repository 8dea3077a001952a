#pragma once

#include <carrel/error.hpp>

#include <string>
#include <utility>

namespace carrel {

/// What is known of a failure beside its code. It may hold SQL text or a user's input: for logs, never to be sent on.
///
/// Handed to an operation through `job_options::diagnostics` and set before its handler runs, on the handler's executor;
/// unchanged if the operation succeeds.
class diagnostics {
public:
    diagnostics() = default;
    explicit diagnostics(error failed)
        : failed_(std::move(failed)) {}

    const std::string& message() const noexcept { return failed_.diagnostic(); }
    void clear() noexcept { failed_ = error(); }

private:
    error failed_;
};

}  // namespace carrel
