#include "outbound/fetch.hpp"

#include "archive/gzip.hpp"
#include "outbound/redirect.hpp"
#include "outbound/transfer.hpp"

#include <algorithm>

namespace carrel::outbound {
namespace {

using base::failure;
using base::outcome;

outcome<response> unpacked(response answer, const step& last, const policy& rules) {
    const std::string packing(answer.field("content-encoding"));
    if (packing.empty() || packing == "identity" || answer.body.empty()) return answer;
    if (packing != "gzip" && packing != "x-gzip")
        return failure{"the answer of ", last.to.origin(), " is packed in a way that it was not asked for"};
    auto body = archive::unpack_gzip(answer.body, rules.body_bytes_max);
    if (!body) return failure{"the answer of ", last.to.origin(), " is refused: ", body.error().text};
    answer.body = std::move(*body);
    std::erase_if(answer.fields,
                  [](const header& each) { return each.name == "content-encoding" || each.name == "content-length"; });
    return answer;
}

outcome<response> follow(step current, const policy& rules, const std::stop_token& stop) {
    const auto deadline = std::chrono::steady_clock::now() + rules.deadline;
    for (unsigned redirects = 0; redirects <= rules.redirects_max; ++redirects) {
        const auto where = look_up(current.to, rules, deadline, stop);
        if (!where) return where.error();
        auto answer = transfer(current, *where, rules, deadline, stop);
        if (!answer) return answer;
        auto next = next_step(current, *answer);
        if (!next) return next.error();
        if (!*next) return unpacked(std::move(*answer), current, rules);
        current = std::move(**next);
    }
    return failure{"there were more than ", std::to_string(rules.redirects_max), " redirects, the last one to ",
                   current.to.origin()};
}

}  // namespace

std::string_view response::field(std::string_view lower_case_name) const noexcept {
    for (const auto& each : fields)
        if (each.name == lower_case_name) return each.value;
    return {};
}

outcome<response> fetch(const request& what, const policy& rules, std::stop_token stop) noexcept try {
    auto to = parse_url(what.url);
    if (!to) return to.error();
    if (auto checked = check_request(what); !checked) return checked.error();
    return follow({std::move(*to), what.method, what.fields, what.body}, rules, stop);
} catch (const std::bad_alloc&) {
    return failure{"there is not enough memory for the request"};
} catch (const std::exception&) {
    return failure{"the request could not be made: the system refused what it takes"};
}

}  // namespace carrel::outbound
