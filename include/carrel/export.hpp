#pragma once

/// What a shared libcarrel exports; everything else of it is hidden. Without effect in a static one.
#define CARREL_API __attribute__((visibility("default")))
