#include "siem/functions.hpp"

#include "json/top_level.hpp"

#include <array>

namespace carrel::siem {

std::span<const text_function> functions() {
    static constexpr std::array all{text_function{.name = "carrel_holds",
                                                  .arguments = 2,
                                                  .call = [](std::span<const std::string_view> arguments,
                                                             std::string& scratch) -> std::optional<std::string_view> {
                                                      if (!json::holds_string(arguments[0], arguments[1], scratch))
                                                          return std::nullopt;
                                                      return "1";
                                                  }}};
    return all;
}

}  // namespace carrel::siem
