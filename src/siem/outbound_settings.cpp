#include "siem/outbound_settings.hpp"

#include <utility>

namespace carrel::siem {

namespace {

outbound_settings& settings() {
    static outbound_settings one;
    return one;
}

}  // namespace

const outbound_settings& outbound_in_force() { return settings(); }

void set_outbound(outbound_settings given) { settings() = std::move(given); }

}  // namespace carrel::siem
