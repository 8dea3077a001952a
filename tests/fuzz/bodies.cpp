#include "fuzz.hpp"
#include "shippers/protocol.hpp"
#include "siem/event_intake.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace carrel;

// The first byte of an input chooses the format.
std::unique_ptr<siem::event_body> body_for(std::uint8_t choice) {
    std::vector<const shippers::protocol*> taking;
    for (const auto& each : shippers::protocols())
        if (each.make != nullptr) taking.push_back(&each);
    const std::size_t which = choice % (taking.size() + 4);
    if (which < 4) return siem::make_body(which % 2 == 0, which < 2 ? "" : "a.R");
    return taking[which - 4]->make({});
}

struct outcome {
    std::string broken;
    std::int64_t events = 0, rejected = 0;
    std::vector<std::string> data;
    bool operator==(const outcome&) const = default;
};

outcome feed(std::uint8_t choice, std::string_view bytes, std::size_t step) {
    std::uint64_t ids = 0;
    siem::event_intake intake(body_for(choice), {7, siem::idempotency{"k", "f"}, {}, {}}, [&ids] {
        return siem::uuid{0, ++ids};
    });
    outcome got;
    for (; !bytes.empty() && !intake.broken(); bytes.remove_prefix(std::min(step, bytes.size())))
        intake.feed(bytes.substr(0, step));
    intake.finish();
    if (intake.broken()) got.broken = intake.broken()->detail;
    while (auto part = intake.take_part()) {
        got.events += part->events;
        got.data.push_back(part->chain);
        for (const auto& each : part->segments) got.data.push_back(each.columns + each.data);
    }
    got.rejected = intake.summary().rejected;
    return got;
}

}  // namespace

// Bodies of events: what they are cut into does not depend on how their bytes come.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = fuzz::text_of(data + 2, size - 2);
    const auto whole = feed(data[0], bytes, bytes.size() + 1);
    fuzz::must(whole == feed(data[0], bytes, 1 + data[1] % 16u), "a body is the same however it is cut");
    return 0;
}
