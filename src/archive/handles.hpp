#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <memory>

namespace carrel::archive {

struct read_end {
    void operator()(::archive* handle) const noexcept { archive_read_free(handle); }
};
struct write_end {
    void operator()(::archive* handle) const noexcept { archive_write_free(handle); }
};
struct entry_end {
    void operator()(archive_entry* handle) const noexcept { archive_entry_free(handle); }
};
using read_handle = std::unique_ptr<::archive, read_end>;
using write_handle = std::unique_ptr<::archive, write_end>;
using entry_handle = std::unique_ptr<archive_entry, entry_end>;

/// libarchive takes names through the calling thread's locale, and the one a program starts with knows ASCII only.
class utf8_locale {
public:
    utf8_locale() noexcept
        : own_(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {
        if (own_ != locale_t{}) before_ = uselocale(own_);
    }
    utf8_locale(const utf8_locale&) = delete;
    utf8_locale& operator=(const utf8_locale&) = delete;
    ~utf8_locale() {
        if (own_ == locale_t{}) return;
        uselocale(before_);
        freelocale(own_);
    }

private:
    locale_t own_;
    locale_t before_{};
};

}  // namespace carrel::archive
