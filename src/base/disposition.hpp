#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::base {

/// A header field's value of a kind and parameters: `form-data; name="file"; filename="a.txt"`.
struct parameters {
    std::string kind;  // in lower case

    /// The first parameter of a name; names are compared in lower case.
    const std::string* find(std::string_view name) const noexcept;

    std::vector<std::pair<std::string, std::string>> all = {};
};

/// Nothing for what is not of that form, or gives a parameter twice. A backslash in a quoted text stands for itself unless a
/// quote or another follows: some programs send paths.
std::optional<parameters> parse_parameters(std::string_view text);

/// The name that a `Content-Disposition` gives a file, `filename*` (RFC 8187, UTF-8) before `filename`; null if none. Nothing
/// for a `filename*` that cannot be read.
std::optional<std::optional<std::string>> file_name_of(const parameters& disposition);

/// The value of `Content-Disposition` that has a file of any name saved, not shown (RFC 6266).
std::string attachment_of(std::string_view file_name);

}  // namespace carrel::base
