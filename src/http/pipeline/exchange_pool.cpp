#include "http/pipeline/exchange_pool.hpp"

#include <utility>

namespace carrel::http {

exchange& exchange_pool::make(shard_context& context) {
    if (spare_.empty()) {
        auto& added = *slots_.emplace_back(std::make_unique<slot>());
        added.index = slots_.size() - 1;
        spare_.push_back(&added);
    }
    auto& taken = *spare_.back();
    spare_.pop_back();
    auto& made = taken.held.emplace(context, taken.room);
    made.slot = taken.index;
    return made;
}

void exchange_pool::retire(exchange& done) {
    auto& freed = *slots_[done.slot];
    done.release_room(freed.room);
    freed.held.reset();
    if (spare_.size() < spare_slots_max) return spare_.push_back(&freed);
    const auto index = freed.index;
    std::swap(slots_[index], slots_.back());
    slots_[index]->index = index;
    if (slots_[index]->held) slots_[index]->held->slot = index;
    slots_.pop_back();
}

}  // namespace carrel::http
