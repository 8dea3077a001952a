#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace carrel::base {

/// Why something could not be done, as a sentence for the person who requested it.
struct failure {
    failure() = default;
    /// Of one text or of the parts of one. No constructor takes a string by itself: `outcome<std::string>` must be able to
    /// tell a value from a failure.
    failure(std::initializer_list<std::string> parts) {
        for (const auto& part : parts) text += part;
    }
    std::string text;
};

/// A value, or why there is none.
template <class T>
using outcome = boost::system::result<T, failure>;

/// For `outcome::value`, where a failure is a fault of the program.
[[noreturn]] inline void throw_exception_from_error(const failure& why, const boost::source_location&) {
    throw std::runtime_error(why.text);
}

}  // namespace carrel::base
