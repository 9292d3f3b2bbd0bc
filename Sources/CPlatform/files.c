#define _GNU_SOURCE
#include "platform_files.h"

#include <string.h>

const char *meterd_errno_meaning(int number) {
    const char *text = strerrordesc_np(number);
    return text ? text : "unknown error";
}

const char *meterd_errno_name(int number) {
    const char *name = strerrorname_np(number);
    return name ? name : "unknown";
}
