#include "resource/same_caller.hpp"

namespace carrel::siem {

call by_same_caller(const call& request) {
    call made;
    made.principal = request.principal;
    made.who = request.who;
    made.address = request.address;
    made.request_id = request.request_id;
    made.is_encrypted = request.is_encrypted;
    made.now = request.now;
    return made;
}

}  // namespace carrel::siem
