#include "indicators/lookup.hpp"
#include "support/new_faults.hpp"

#include <cstdio>
#include <limits>
#include <string>

namespace {

using carrel::testing::new_faults;

// How often memory is taken while `run` runs.
template <class Run>
std::int64_t allocations(Run run) {
    new_faults::arm(std::numeric_limits<std::int64_t>::max() - 1, 0);
    run();
    new_faults::disarm();
    return new_faults::counted;
}

}  // namespace

// Values of events in ASCII are looked up without taking memory, whether they could be indicators or not.
int main() {
    constexpr std::string_view values[] = {
        "allowed",
        "4624",
        "deadbeef",
        "The user has logged in.",
        "2026-11-26T18:00:00Z",
        "192.0.2.1",
        "192.0.2.1:443",
        "2001:db8::1",
        "evil.example",
        "https://user@evil.example:8443/a/path/that/is/longer/than/a/short/string?q=1",
        "longer-scheme-than-short+strings://evil.example/",
        "someone.with.a.long.name@evil.example",
        "D41D8CD98F00B204E9800998ECF8427E",
        "SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,MD5=D41D8CD98F00B204E9800998ECF8427E",
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run",
        "CVE-2021-44228",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"};
    carrel::indicators::lookup keys;
    std::size_t found = 0;
    const auto taken = allocations([&] {
        for (const auto value : values) found += keys.forms(value).size();
    });
    std::string text;
    const auto canary = allocations([&] { text.assign(1'000, 'x'); });
    std::printf("%zu keys, memory taken %lld times; the canary took it %lld times\n", found,
                static_cast<long long>(taken), static_cast<long long>(canary));
    return found > 15 && taken == 0 && canary == 1 ? 0 : 1;
}
