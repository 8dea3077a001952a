#pragma once

#include <string_view>

namespace carrel::archive {

/// What a body is, by its bytes and not by its name.
enum class kind {
    empty,
    text,
    tar,
    tar_gz,
    zip,
    gzip,   ///< gzip of something that is no tar
    other,  ///< neither an archive nor text
};

kind sniff(std::string_view bytes);

/// `tar.gz`, `text`, …
std::string_view name_of(kind what) noexcept;

}  // namespace carrel::archive
