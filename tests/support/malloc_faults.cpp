#include "support/malloc_faults.hpp"

#include <sqlite3.h>

namespace carrel::testing {
namespace {

sqlite3_mem_methods original;
thread_local int left_here = 0;

bool must_fail() noexcept {
    if (left_here > 0 && --left_here == 0) return true;
    const auto at = malloc_faults::fail_at.load();
    if (at == 0) return false;
    const auto number = ++malloc_faults::counted;
    return number == at || (number > at && malloc_faults::for_ever);
}

void* on_malloc(int bytes) { return must_fail() ? nullptr : original.xMalloc(bytes); }
void* on_realloc(void* block, int bytes) { return must_fail() ? nullptr : original.xRealloc(block, bytes); }

}  // namespace

void malloc_faults::install() {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &original);
    auto own = original;
    own.xMalloc = on_malloc;
    own.xRealloc = on_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &own);
}

void malloc_faults::fail_here(int n) noexcept { left_here = n; }

}  // namespace carrel::testing
