#include "base/sha256.hpp"
#include "base/sha256_constants.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace carrel::base {

// The processor's own instructions, several times as fast: two rounds each, the state as (a, b, e, f) and (c, d, g, h).
#if defined(__x86_64__) && defined(__GNUC__)

namespace {

struct processor_leaf {
    unsigned eax, ebx;
};

processor_leaf cpuid(unsigned leaf) noexcept {
    unsigned a = leaf, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return {a, b};
}

}  // namespace

bool sha256::has_instructions() noexcept {
    // The bit of the SHA extensions; __builtin_cpu_supports of g++ 12 has no name for it. An old processor has no leaf 7.
    return cpuid(0).eax >= 7 && (cpuid(7).ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

__attribute__((target("sha,sse4.1"))) void sha256::compress_natively(words& state,
                                                                     const unsigned char* block) noexcept {
    const auto number = [](std::uint32_t word) { return static_cast<int>(word); };
    auto& [a, b, c, d, e, f, g, h] = state;
    __m128i abef = _mm_set_epi32(number(a), number(b), number(e), number(f));
    __m128i cdgh = _mm_set_epi32(number(c), number(d), number(g), number(h));
    const __m128i abef_before = abef, cdgh_before = cdgh;
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i w[4];
    for (int i = 0; i < 16; ++i) {
        __m128i next;
        if (i < 4) {
            next = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), big_endian);
        } else {
            const __m128i early = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
            const __m128i middle = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
            next = _mm_sha256msg2_epu32(_mm_add_epi32(early, middle), w[(i + 3) % 4]);
        }
        w[i % 4] = next;
        const auto* constants = reinterpret_cast<const __m128i*>(round_constants.data()) + i;
        const __m128i added = _mm_add_epi32(next, _mm_loadu_si128(constants));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
    alignas(16) std::uint32_t out[8];
    _mm_store_si128(reinterpret_cast<__m128i*>(out), abef);
    _mm_store_si128(reinterpret_cast<__m128i*>(out) + 1, cdgh);
    a = out[3], b = out[2], e = out[1], f = out[0];
    c = out[7], d = out[6], g = out[5], h = out[4];
}

#else

bool sha256::has_instructions() noexcept { return false; }
void sha256::compress_natively(words& state, const unsigned char* block) noexcept { compress(state, block); }

#endif

}  // namespace carrel::base
