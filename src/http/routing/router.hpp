#pragma once

#include "http/protocol/method.hpp"
#include "http/routing/endpoints.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::http {

/// The methods of a path, a bit each in the order of `siem::method`.
using method_set = std::uint8_t;

/// `GET, HEAD, OPTIONS`, as in `Allow`.
std::string allow_text(method_set methods);

struct route {
    const http::endpoint* endpoint = nullptr;  ///< Null if no endpoint of the path has the method.
    method_set methods = 0;                    ///< 0 if the path is unknown.
    bool is_badly_encoded = false;
};

using path_values = std::array<std::string, 2>;

/// Finds endpoints by a tree of path segments built once: a path of literals is not one of a `{…}`. Immutable, so safe from any
/// thread; a lookup allocates nothing unless the path has escapes.
class router {
public:
    /// `endpoints` must outlive the router.
    explicit router(std::span<const endpoint> endpoints);

    /// Fills `values` with the decoded `{…}` parts of the endpoint found. HEAD finds what GET does.
    route find(std::string_view path, method wanted, path_values& values) const;

private:
    static constexpr std::size_t depth_max = 8;
    struct node {
        std::vector<std::pair<std::string_view, std::size_t>> literals;
        std::size_t parameter = 0;  // 0: none, since the root is nobody's child
        std::array<const endpoint*, 5> by_method{};
    };
    struct search;

    std::size_t child_for(std::size_t parent, std::string_view segment);
    void walk(search& at, std::size_t node_index, std::size_t depth) const;

    std::vector<node> nodes_;
};

}  // namespace carrel::http
