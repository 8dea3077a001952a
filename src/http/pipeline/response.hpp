#pragma once

#include "http/routing/router.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::http {

struct page_file;

inline constexpr std::size_t gzip_bytes_min = 1'400;  // what fits one packet anyway
inline constexpr std::size_t gzip_bytes_max = 1u << 20;
/// What the tag of packed bytes has at its end: the tag of other bytes is another.
inline constexpr std::string_view packed_tag_end = "-gzip";

enum class content { none, json, problem, foreign_problem, metrics, ndjson, csv, file, page };

/// What `WWW-Authenticate` says: log in, or that what was shown counts for nothing.
enum class challenge { none, plain, invalid_token };

/// What a client is answered. A value made anew for each request.
struct response {
    unsigned short status = 0;  ///< 0: not decided yet.
    http::content content = http::content::none;
    bool closes = false;      ///< The connection ends with it: what follows in the stream will not be read.
    bool has_length = false;  ///< Of one that comes in pieces: its `Content-Length` says how many bytes they are.
    bool is_gzip = false;     ///< `reply.body` is compressed.
    bool varies = false;      ///< Another `Accept-Encoding` would have got other bytes.
    const page_file* page = nullptr;  ///< A file of the page: its fields differ.
    siem::reply reply;
    std::uint64_t commit = 0;
    http::challenge challenge = http::challenge::none;
    std::uint64_t retry_after = 0;
    std::optional<method_set> allow;

    /// Whether gzip may pay: small bodies do not get smaller, long ones would keep the shard, and one with an entity tag
    /// would need another tag.
    bool is_compressible() const noexcept {
        return content == content::json && reply.version == 0 && reply.body.size() >= gzip_bytes_min &&
               reply.body.size() <= gzip_bytes_max;
    }
    bool is_refusal() const noexcept {
        return content == http::content::problem || content == http::content::foreign_problem;
    }
};

}  // namespace carrel::http
