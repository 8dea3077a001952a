#pragma once

#include <carrel/error.hpp>

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>

#include <type_traits>
#include <utility>

namespace carrel {

/// A completion token that turns `void(error_code, T)` into `void(result<T>)`, the error with its diagnostic. See
/// `as_result`.
template <class Token>
class as_result_t {
public:
    explicit as_result_t(Token token)
        : token_(std::move(token)) {}
    Token token_;
};

/// Adapts `token` so that its handler gets one `result<T>` in place of an error code and a value, and no token throws:
/// `co_await db.async_read(work, as_result(use_awaitable))` yields a `result<T>`.
template <class Token>
[[nodiscard]] as_result_t<std::decay_t<Token>> as_result(Token&& token) {
    return as_result_t<std::decay_t<Token>>(std::forward<Token>(token));
}

namespace detail {

/// The handler that `as_result` makes of `Handler`. An operation of carrel's hands it the result; another one, or an
/// adapter in between, an error code and a value.
template <class Handler>
class as_result_handler {
public:
    explicit as_result_handler(Handler&& handler)
        : handler_(std::move(handler)) {}

    template <class T>
    void operator()(result<T>&& outcome) {
        std::move(handler_)(std::move(outcome));
    }
    void operator()(error_code code) { std::move(handler_)(code ? result<void>(error(code)) : result<void>()); }
    template <class T>
    void operator()(error_code code, T&& value) {
        using outcome = result<std::decay_t<T>>;
        std::move(handler_)(code ? outcome(error(code)) : outcome(std::forward<T>(value)));
    }

    Handler handler_;
};

template <class Handler>
inline constexpr bool is_as_result_handler = false;
template <class Handler>
inline constexpr bool is_as_result_handler<as_result_handler<Handler>> = true;

// The executor of an initiation, which `deferred` and `awaitable` ask for, if it has one.
template <class Initiation>
class initiation_holder {
public:
    explicit initiation_holder(Initiation&& held)
        : held_(std::move(held)) {}

protected:
    Initiation held_;
};
template <class Initiation>
requires requires { typename Initiation::executor_type; }
class initiation_holder<Initiation> {
public:
    explicit initiation_holder(Initiation&& held)
        : held_(std::move(held)) {}
    using executor_type = typename Initiation::executor_type;
    executor_type get_executor() const noexcept { return held_.get_executor(); }

protected:
    Initiation held_;
};

// Hands the handler on, adapted.
template <class Initiation>
class as_result_initiation : public initiation_holder<Initiation> {
public:
    using initiation_holder<Initiation>::initiation_holder;

    template <class Handler, class... Args>
    void operator()(Handler&& handler, Args&&... args) const {
        this->held_(as_result_handler<std::decay_t<Handler>>(std::forward<Handler>(handler)),
                    std::forward<Args>(args)...);
    }
};

template <class Signature>
struct result_signature;
template <>
struct result_signature<void(error_code)> {
    using type = void(result<void>);
};
template <class T>
struct result_signature<void(error_code, T)> {
    using type = void(result<T>);
};

}  // namespace detail
}  // namespace carrel

template <class Token, class Signature>
class boost::asio::async_result<carrel::as_result_t<Token>, Signature> {
public:
    template <class Initiation, class Adapted, class... Args>
    static auto initiate(Initiation&& initiation, Adapted&& adapted, Args&&... args) {
        using wanted = typename carrel::detail::result_signature<Signature>::type;
        using wrapped = carrel::detail::as_result_initiation<std::decay_t<Initiation>>;
        using inner = std::conditional_t<std::is_const_v<std::remove_reference_t<Adapted>>, const Token, Token>;
        return boost::asio::async_initiate<inner, wanted>(
            wrapped(std::decay_t<Initiation>(std::forward<Initiation>(initiation))), adapted.token_,
            std::forward<Args>(args)...);
    }
};

template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, carrel::detail::as_result_handler<Handler>, Default>
    : Associator<Handler, Default> {
    static auto get(const carrel::detail::as_result_handler<Handler>& adapted,
                    const Default& fallback = Default()) noexcept {
        return Associator<Handler, Default>::get(adapted.handler_, fallback);
    }
};
