#pragma once

#include "access/identity.hpp"
#include "access/requirement.hpp"
#include "base/time.hpp"
#include "resource/preconditions.hpp"

#include <carrel/error.hpp>
#include <carrel/session.hpp>

#include <boost/json/value.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the domain offers, as data: the front end routes, validates and documents from these tables and knows no aggregate.
namespace carrel::siem {

using access::permission;
using access::permission_set;

/// Why an operation was refused. The front end maps each to a status and a `/problems/<code>` type.
enum class problem_code {
    bad_request,             // 400: unknown parameter, bad cursor, broken JSON
    not_found,               // 404
    conflict,                // 409: taken, or still referred to
    illegal_transition,      // 409
    stale_version,           // 412
    too_large,               // 413
    unsupported_media_type,  // 415
    range_not_satisfiable,   // 416
    invalid,                 // 422: a field's value
    unauthorized,            // 401: the caller is not known
    forbidden,               // 403: the caller may not
    locked,                  // 423: no log-in for a while
    too_many_requests,       // 429
};

/// One field or line at fault.
struct fault {
    std::string field;      // empty if `line` is set
    std::int64_t line = 0;  // from 1
    std::string detail;
};

struct problem {
    problem_code code = problem_code::invalid;
    std::string detail;
    std::vector<fault> faults;
};

enum class outcome { ok, created, no_content, accepted };

/// How a client wants a reply of many rows: as one JSON document, or row by row.
enum class reply_format { json, ndjson, csv };

struct input;

/// What an operation answers. Reused between requests: `clear` keeps the buffers.
struct reply {
    outcome kind = outcome::ok;
    std::string body;              // JSON text; empty for no_content
    std::int64_t version = 0;      // ETag; 0: none
    std::string location;          // path of what was created, from /api/v1 on
    std::string_view media_type;   // of a body that is no JSON
    std::string file_name;         // under which a client may keep the body
    std::string cookie;            // of a session that begins or ends: the value of Set-Cookie
    std::int64_t retry_after = 0;  // seconds
    /// Of a file that goes on in pieces: how long it is, or the part of it that was requested.
    std::optional<std::uint64_t> length;
    std::string content_range;       // of a part, or of what no part of was there: the value of Content-Range
    std::optional<problem> refused;  // set together with `siem_errc::refused` returned by the operation
    std::vector<std::pair<std::string, std::string>>
        extra;  // members an ingest refusal adds to its problem: name, JSON
    /// The body goes on: what `call::parsed` is to be for the read that makes its next piece. Of a write: it goes on in
    /// another job, for which this is `call::parsed`; what is done so far commits.
    std::unique_ptr<input> rest;
    /// There is nothing to tell of what is before this position: the request may be held until more has been stored, as
    /// long as `call::wait` says, and goes on from there.
    std::optional<std::int64_t> nothing_before;

    reply();
    reply(reply&&) noexcept;
    reply& operator=(reply&&) noexcept;
    ~reply();
    void clear();
};

/// `refused` says that `reply::refused` has the reason; the writer undoes the job like after any error.
enum class siem_errc { refused = 1 };
error_code make_error_code(siem_errc e) noexcept;
/// Fills `into.refused` and returns the error to hand on.
error refuse(reply& into, problem why);

/// Parsed input of one operation, made by `operation::check` on the caller's thread.
struct input {
    input() = default;
    input(const input&) = delete;
    input& operator=(const input&) = delete;
    virtual ~input() = default;
};

struct idempotency {
    std::string key;
    std::string fingerprint;  // of method, path and body: the same key with another one is refused
};

/// One request in the domain's words. Immutable once checked; read by the actor that runs the operation.
struct call {
    std::array<std::string, 2> path;                               // values of the {…} parts, in order
    std::vector<std::pair<std::string, std::string>> query;        // percent-decoded, in order
    const boost::json::value* body = nullptr;                      // only during `check`
    std::string_view file = {};                                    // of `body_kind::file`; until the call is done
    std::string_view content_type = {}, content_disposition = {};  // of `body_kind::upload`; only during `check`
    std::size_t file_bytes_max = 0;                                // of `body_kind::upload`; 0: as many as come
    std::string range = {}, if_range = {};                         // what part of a file is requested
    std::string principal;                                         // the caller; empty if that is not known
    std::shared_ptr<const access::identity> who = {};              // null if that is not known
    std::string address = {};                                      // of the client
    std::string request_id = {};
    std::shared_ptr<const std::string> csrf_token = {};  // of the caller's session
    bool is_encrypted = false;                           // the client came by TLS, to us or to a proxy that is trusted
    preconditions conditions;
    std::size_t members_left_out = 0;  // of the body: json::reader::members_left_out
    std::optional<carrel::siem::idempotency> idempotency;
    reply_format format = reply_format::json;
    timestamp now = 0;                      // when the request was received
    std::chrono::milliseconds wait{0};      // set by `check`: how long the request may be held
    std::optional<std::int64_t> resume_at;  // of one that was held: `reply::nothing_before`
    std::string fresh_id;                   // a UUIDv7 for what this call may create
    std::unique_ptr<input> parsed;          // set by `check`
    /// Set by `check` instead of a refusal when the request has an idempotency key: `run_write` keeps and answers it.
    std::optional<problem> refused_by_check;
};

enum class method { get, post, put, patch, del };

/// How a request's body is read.
enum class body_kind {
    none,
    json,
    merge_patch,
    event_stream,
    file,    // bytes of any type: `call::file`
    upload,  // a file that is stored while it comes: see uploads.hpp
};

/// A query parameter or a body field, for validation messages and OpenAPI.
struct field_doc {
    std::string_view name;
    std::string_view json_schema;  // a JSON Schema fragment, `{"type":"string","maxLength":200}`
    bool required = false;
    std::string_view summary = {};
};

struct operation;
using check_function = std::function<std::optional<problem>(const operation&, call&)>;
using read_function = std::function<result<void>(const operation&, read_session&, const call&, reply&)>;
using write_function = std::function<result<void>(const operation&, write_session&, const call&, reply&)>;
using compute_function = std::function<void(const operation&, call&)>;

struct resource;  // resource.hpp: one aggregate as data

/// One endpoint: what the router, the validator and the OpenAPI document are made from.
struct operation {
    siem::method method = method::get;
    std::string path;  // below /api/v1: "/alerts/{id}/status"
    std::string id;    // OpenAPI operationId: "get_alert"
    std::string summary;
    body_kind body = body_kind::none;
    std::vector<field_doc> parameters;  // query
    std::vector<field_doc> fields;      // body
    std::string reply_schema;           // a JSON Schema fragment, or {"$ref":"#/components/schemas/alert"}
    std::string_view reply_type = {};   // if it is not JSON
    bool sends_parts = false;           // its reply is a file, of which Range may ask for a part
    outcome success = outcome::ok;      // what it answers when all is well (a creation may also answer ok)
    const resource* of = nullptr;
    bool has_rows = false;         // it can also answer row by row: see `reply_format`
    bool is_about_version = true;  // if its path names a resource with versions: preconditions and `ETag` apply
    bool is_audited = false;       // who did it is kept: see audit.hpp
    /// Validates path, query and body on the caller's thread and fills `call::parsed`. May be null.
    check_function check = nullptr;
    access::requirement needs = {};  // who may run it
    bool is_secret = false;  // its reply holds a secret that is shown once: it is kept nowhere, also not under a key
    /// One of both is set, but for `body_kind::event_stream`. If both are, the read prepares the write on a reader: what
    /// it leaves in `reply::rest` is what `call::parsed` is to the write.
    read_function read = nullptr;
    write_function write = nullptr;
    /// Of `body_kind::upload`: whether the file would be taken, before its bytes are.
    read_function admit = nullptr;
    std::size_t file_bytes_max = 0;  // of `body_kind::upload`; 0: as the server is set
    /// Of a read: what is written down in a transaction of its own before it, so that nothing leaves the server untold.
    write_function note = nullptr;
    /// What takes long and needs no session, such as the hash of a password: on a thread of its own, before the write and after
    /// what prepares it. Changes `call::parsed`.
    compute_function compute = nullptr;

    bool is_write() const noexcept { return read == nullptr || write != nullptr; }
};

/// Every operation of the domain, built once. Valid for the life of the program.
std::span<const operation> operations();

/// JSON Schemas of the resources: name, schema text.
std::span<const std::pair<std::string, std::string>> schemas();

/// Runs a write operation.
///
/// Without an idempotency key a refusal comes back as `siem_errc::refused`, so that the writer undoes the job. With a key
/// the first outcome, refusals included, is kept in the same transaction and replayed for 24 h: then a refusal comes
/// back as success, since its record must commit, and `reply::refused` has the reason. The key with another fingerprint is refused
/// as `invalid`. Keys are those of one operation: the same key on another one is another key.
result<void> run_write(const operation& what, write_session& session, const call& request, reply& into);

}  // namespace carrel::siem

template <>
struct boost::system::is_error_code_enum<carrel::siem::siem_errc> : std::true_type {};
