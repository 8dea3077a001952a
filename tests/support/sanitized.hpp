#pragma once

// CARREL_SANITIZED: a sanitizer watches the memory, which keeps what was freed for a while, and is slow. Compilers tell it in
// ways of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CARREL_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CARREL_SANITIZED
#endif
#endif
