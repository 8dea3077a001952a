#include "http/routing/openapi_schemas.hpp"

namespace carrel::http {

namespace {

constexpr std::string_view format_key = R"(,"format")";

void complete_integers(std::string& schema, std::string_view type) {
    for (auto at = schema.find(type); at != std::string::npos; at = schema.find(type, at + 1)) {
        const auto end = at + type.size();
        if (std::string_view(schema).substr(end).starts_with(format_key)) continue;
        schema.insert(end, R"(,"format":"int64")");
    }
}

}  // namespace

std::string completed(std::string_view schema) {
    std::string text(schema);
    complete_integers(text, R"("type":"integer")");
    complete_integers(text, R"("type":["integer","null"])");
    constexpr std::string_view open_object = R"({"type":"object"})";
    for (auto at = text.find(open_object); at != std::string::npos; at = text.find(open_object, at + 1))
        text.replace(at, open_object.size(), R"({"type":"object","additionalProperties":true})");
    return text;
}

}  // namespace carrel::http
