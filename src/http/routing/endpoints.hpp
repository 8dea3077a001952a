#pragma once

#include "resource/operation.hpp"
#include "shippers/protocol.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::http {

enum class action {
    operation,
    live,
    ready,
    metrics,
    pool,
    running_queries,
    top_queries,
    cancel_query,
    openapi,
    shipper,
    page,
};

/// One row of the table that routes and documents.
struct endpoint {
    siem::method method = siem::method::get;
    std::string path;  ///< From the root: `/api/v1/alerts/{id}`.
    action what = action::operation;
    const siem::operation* operation = nullptr;   ///< For `action::operation`.
    const shippers::protocol* shipper = nullptr;  ///< For `action::shipper`.
    access::requirement needs;                    ///< Who may ask.
    std::string_view id;                          ///< OpenAPI operationId.
    std::string_view summary;
    std::string_view reply_schema;
    std::string_view reply_type = "application/json";
    std::vector<siem::field_doc> parameters = {};  ///< Of the query, where no operation says so.

    bool is_event_stream() const noexcept {
        return takes_shipper() || (operation != nullptr && operation->body == siem::body_kind::event_stream);
    }
    /// A mutation: it waits for earlier requests of its connection, and later ones wait for it.
    bool writes() const noexcept { return takes_shipper() || (operation != nullptr && operation->is_write()); }
    /// Events in the protocol of another program.
    bool takes_shipper() const noexcept { return shipper != nullptr && shipper->make != nullptr; }
    /// What OpenAPI describes: other programs' protocols are described where they come from, and the page is for people.
    bool is_described() const noexcept { return shipper == nullptr && what != action::page; }
    /// Probes and scrapers come by address or by any name.
    bool answers_any_host() const noexcept {
        return what == action::live || what == action::ready || what == action::metrics ||
               (shipper != nullptr && shipper->is_probe);
    }
    /// A read of many rows: its response may be long, and a scan may be behind it.
    bool may_answer_long() const noexcept {
        return operation != nullptr && !operation->is_write() && !path.ends_with('}');
    }
    /// Its resource carries a version, so preconditions apply to it and responses have an `ETag`.
    bool has_version() const noexcept;
    /// Preconditions are evaluated against the version of what the path names. Of other changes none can be met.
    bool takes_preconditions() const noexcept;
    /// Bytes of any type, which are not read as JSON.
    bool takes_file() const noexcept { return operation != nullptr && operation->body == siem::body_kind::file; }
    /// A file that is stored while it comes.
    bool takes_upload() const noexcept { return operation != nullptr && operation->body == siem::body_kind::upload; }
    bool takes_body() const noexcept {
        return takes_shipper() || (operation != nullptr && operation->body != siem::body_kind::none);
    }
};

/// What the domain offers and what the server adds.
std::vector<endpoint> all_endpoints();

}  // namespace carrel::http
