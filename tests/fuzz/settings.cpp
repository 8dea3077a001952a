#include "cli/settings_file.hpp"
#include "fuzz.hpp"

// Settings files: names and values, or a fault in one line.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace carrel;
    std::string fault;
    const auto settings = cli::read_settings(fuzz::text_of(data, size), fault);
    if (!fault.empty()) return 0;
    for (const auto& each : settings) {
        fuzz::must(each.name.find('_') == std::string::npos, "hyphens stand for underscores");
        fuzz::must(!each.values.empty(), "a setting has a value");
    }
    return 0;
}
