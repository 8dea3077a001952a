#include "background/mail_text.hpp"

#include "base/base64url.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <ctime>

namespace carrel::siem {

namespace {

// What RFC 2047 allows in one word, whole characters each: 45 bytes are 60 of base64.
constexpr std::size_t word_bytes_max = 45, line_bytes_max = 76;

std::string encoded_subject(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size()) {
            const std::size_t next = std::max<std::size_t>(1, json::first_code_point(text.substr(size)).size);
            if (size + next > word_bytes_max) break;
            size += next;
        }
        out.append(out.empty() ? "" : "\r\n ")
            .append("=?utf-8?B?")
            .append(to_base64(std::string(text.substr(0, size))));
        out += "?=";
        text.remove_prefix(size);
    }
    return out;
}

std::string date_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char rest[40];
    std::strftime(rest, sizeof rest, "%Y %H:%M:%S +0000", &parts);
    return std::string(days[parts.tm_wday]) + ", " + std::to_string(parts.tm_mday) + " " + months[parts.tm_mon] + " " +
           rest;
}

}  // namespace

std::string mail_text(const outbound::mail_probe& to, const action_message& message) {
    std::string all = "From: <" + to.from + ">\r\nTo: ";
    for (std::size_t i = 0; i < to.to.size(); ++i) all.append(i == 0 ? "<" : ",\r\n <").append(to.to[i]).append(">");
    all += "\r\nSubject: " + encoded_subject(message.subject.empty() ? "carrel" : message.subject);
    all += "\r\nDate: " + date_now() + "\r\n";
    if (!message.idempotency_key.empty()) all += "Message-ID: <" + message.idempotency_key + "@carrel.invalid>\r\n";
    all += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    const std::string body = to_base64(message.text);
    for (std::size_t i = 0; i < body.size(); i += line_bytes_max) all += body.substr(i, line_bytes_max) + "\r\n";
    return all;
}

}  // namespace carrel::siem
