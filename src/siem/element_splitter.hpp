#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carrel::siem {

/// Cuts a JSON text that arrives in pieces into the elements of its array, or into the one value it is. It looks at
/// brackets, strings and commas only: what an element holds is checked by who takes it. Not thread-safe.
class element_splitter {
public:
    enum class step { need_more, element, end, broken };
    /// What the bytes are: one text; texts one behind the other; or what follows the bracket of an array, up to its end.
    enum class mode { one_text, many_texts, inside_array };

    static constexpr std::size_t element_bytes_usual = 16u << 20;

    explicit element_splitter(std::size_t element_bytes_max, mode wanted = mode::one_text)
        : bytes_max_(element_bytes_max),
          mode_(wanted) {
        restart();
    }

    /// Begins anew, in the same mode.
    void restart() noexcept {
        in_array_ = mode_ == mode::inside_array;
        place_ = in_array_ ? place::before_first : place::before_all;
        held_.clear();
    }

    /// Takes bytes off the front of `bytes` up to the end of an element, or all of them. `end` is that of an array that
    /// was entered.
    step next(std::string_view& bytes);
    /// No more bytes come. `broken` unless the text was whole; `element` for a number that only now ends.
    step finish();
    /// Whether an element has begun and not ended.
    bool is_inside() const noexcept { return place_ == place::inside; }

    /// The element just found; valid until the next call.
    std::string_view element() const noexcept { return held_; }
    /// Whether it was too long: then `element` is empty.
    bool is_oversized() const noexcept { return oversized_; }
    /// Why the text is broken.
    std::string_view why() const noexcept;
    std::size_t bytes_held() const noexcept { return held_.size(); }

private:
    enum class place { before_all, before_first, before_element, inside, behind_element, behind_all };

    step between(std::string_view& bytes);
    step inside(std::string_view& bytes);
    step end_element();
    bool ends_here(char c) noexcept;
    void hold(std::string_view part);

    std::size_t bytes_max_;
    mode mode_;
    std::string held_;
    place place_ = place::before_all;
    std::size_t depth_ = 0;
    bool in_array_ = false;
    bool in_string_ = false, escaped_ = false, scalar_ = false, oversized_ = false;
};

}  // namespace carrel::siem
