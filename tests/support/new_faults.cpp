#include "support/new_faults.hpp"

#include <stdlib.h>

#include <new>

namespace carrel::testing {
namespace {

thread_local int spares_here = 0;

bool must_fail(std::size_t bytes) noexcept {
    const auto first = new_faults::first.load();
    if (first == 0 || spares_here > 0) return false;
    if (bytes == new_faults::spared_size || bytes == new_faults::spared_size_too) return false;
    const auto number = ++new_faults::counted;
    if (number < first || number > new_faults::last.load()) return false;
    new_faults::struck = true;
    return true;
}

void* allocate(std::size_t bytes) noexcept { return must_fail(bytes) ? nullptr : malloc(bytes == 0 ? 1 : bytes); }

void* allocate_aligned(std::size_t alignment, std::size_t bytes) noexcept {
    void* block = nullptr;
    if (alignment < sizeof(void*)) alignment = sizeof(void*);
    return must_fail(bytes) || posix_memalign(&block, alignment, bytes) != 0 ? nullptr : block;
}

void* or_throw(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    return block;
}

}  // namespace

void new_faults::arm(std::int64_t at, std::int64_t more) noexcept {
    counted = 0;
    struck = false;
    last = at + more;
    first = at;
}

void new_faults::disarm() noexcept { first = 0; }

new_faults::spared::spared() noexcept { ++spares_here; }
new_faults::spared::~spared() { --spares_here; }

}  // namespace carrel::testing

using namespace carrel::testing;

void* operator new(std::size_t bytes) { return or_throw(allocate(bytes)); }
void* operator new[](std::size_t bytes) { return or_throw(allocate(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return or_throw(allocate_aligned(static_cast<std::size_t>(alignment), bytes));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
    return or_throw(allocate_aligned(static_cast<std::size_t>(alignment), bytes));
}
void operator delete(void* block) noexcept { free(block); }
void operator delete[](void* block) noexcept { free(block); }
void operator delete(void* block, std::size_t) noexcept { free(block); }
void operator delete[](void* block, std::size_t) noexcept { free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { free(block); }
void operator delete(void* block, std::align_val_t) noexcept { free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { free(block); }

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    return allocate_aligned(alignment, bytes);
}
