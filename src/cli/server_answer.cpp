#include "cli/server_answer.hpp"

#include <boost/json/value.hpp>

namespace carrel::cli {

namespace bj = boost::json;

std::int64_t integer_at(const bj::object& from, std::string_view key, std::int64_t otherwise) {
    const auto* found = from.if_contains(bj::string_view(key.data(), key.size()));
    return found != nullptr && found->is_int64() ? found->as_int64() : otherwise;
}

std::string text_at(const bj::object& from, std::string_view key) {
    const auto* found = from.if_contains(bj::string_view(key.data(), key.size()));
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

error refusal(const http_reply& reply, const bj::object* said) {
    std::string text = "the server answered " + std::to_string(reply.status);
    if (said != nullptr && !text_at(*said, "detail").empty()) text += ": " + text_at(*said, "detail");
    if (reply.status == 401)
        text += " --token-file FILE logs in; `carrel user token NAME`, or POST /api/v1/users/me/tokens, makes a token";
    if (reply.status == 403 && said != nullptr && said->contains("permissions"))
        text += " Use the token (--token-file) of a user who has it, and whose scopes name it";
    const bool is_content = reply.status == 400 || reply.status == 413 || reply.status == 415 || reply.status == 422;
    return error(error_code(is_content ? EBADMSG : EPROTO, boost::system::generic_category()), text);
}

}  // namespace carrel::cli
