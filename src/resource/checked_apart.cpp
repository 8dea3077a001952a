#include "resource/checked_apart.hpp"

#include "base/siphash.hpp"
#include "resource/same_caller.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <bit>

namespace carrel::siem {

namespace {

// The body outlives `call::body`, which is in the shard's memory.
struct held_body : input {
    explicit held_body(const boost::json::value& of)
        : value(of, boost::json::storage_ptr()) {}
    boost::json::value value;
    std::size_t long_bytes = 0;  // of the members that take long
};

thread_local read_session* checking = nullptr;

struct checking_here {
    explicit checking_here(read_session& session) noexcept { checking = &session; }
    checking_here(const checking_here&) = delete;
    checking_here& operator=(const checking_here&) = delete;
    ~checking_here() { checking = nullptr; }
};

std::size_t bytes_in(const boost::json::object& body, const std::vector<std::string_view>& members) {
    std::size_t bytes = 0;
    for (const std::string_view name : members)
        if (const auto* given = body.if_contains({name.data(), name.size()}); given != nullptr && given->is_string())
            bytes += given->get_string().size();
    return bytes;
}

std::size_t long_bytes_of(const boost::json::value& body, const std::vector<std::string_view>& members) {
    const auto* object = body.if_object();
    if (object == nullptr) return 0;
    std::size_t bytes = bytes_in(*object, members);
    if (const auto* patch = object->if_contains("patch"); patch != nullptr && patch->is_object())
        bytes += bytes_in(patch->get_object(), members);
    if (const auto* items = object->if_contains("items"); items != nullptr && items->is_array())
        for (const auto& each : items->get_array())
            if (each.is_object()) bytes += bytes_in(each.get_object(), members);
    return bytes;
}

// Sizes have a key for each power of two, so that what a small text costs is not learnt from a large one.
std::uint64_t key_of(const operation& what, std::size_t bytes) {
    return base::keyed_hash(what.id + '\n' + std::to_string(std::bit_width(bytes)));
}

// The same request as far as a check looks at it. What it refuses under a key is for the read to tell.
call again(const call& request, const boost::json::value& body) {
    call made = by_same_caller(request);
    made.path = request.path;
    made.query = request.query;
    made.body = &body;
    made.conditions = request.conditions;
    made.members_left_out = request.members_left_out;
    made.fresh_id = request.fresh_id;
    return made;
}

result<void> check_here(const check_function& check, const operation& what, read_session& session, const call& request,
                        reply& into) {
    into.clear();
    const auto& held = static_cast<const held_body&>(*request.parsed);
    if (held.long_bytes > 0)
        if (auto allowed = expect_parsing(session, what, held.long_bytes); !allowed) return allowed;
    const checking_here mark(session);
    call own = again(request, held.value);
    if (auto why = check(what, own)) return refuse(into, std::move(*why));
    into.rest = std::move(own.parsed);
    return {};
}

}  // namespace

bool is_check_given_up() noexcept { return checking != nullptr && !checking->check_interrupt(); }

result<void> expect_parsing(read_session& session, const operation& what, std::size_t bytes) {
    return expect_long(session, key_of(what, bytes));
}

operation checked_apart(operation of, std::initializer_list<std::string_view> members) {
    of.read = [check = std::move(of.check)](const operation& what, read_session& session, const call& request,
                                            reply& into) { return check_here(check, what, session, request, into); };
    of.check = [members = std::vector<std::string_view>(members)](const operation&,
                                                                  call& request) -> std::optional<problem> {
        auto held = std::make_unique<held_body>(request.body == nullptr ? boost::json::value() : *request.body);
        held->long_bytes = long_bytes_of(held->value, members);
        request.parsed = std::move(held);
        return std::nullopt;
    };
    return of;
}

}  // namespace carrel::siem
