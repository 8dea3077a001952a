#include "base/siphash.hpp"

#include <random>

namespace carrel::base {

const hash_key& process_hash_key() {
    static const hash_key key = [] {
        std::random_device system;
        const auto word = [&] { return std::uint64_t{system()} << 32 | system(); };
        return hash_key{word(), word()};
    }();
    return key;
}

}  // namespace carrel::base
