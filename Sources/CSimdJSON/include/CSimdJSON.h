// The structure of a JSON text, found by simdjson's first stage.
//
// One call scans one text. What it finds is kept in memory of the scanner that the next call overwrites, so that a
// scanner belongs to one thread. No grammar is checked here: only what the first stage knows (UTF-8, closed strings, no
// raw control characters in strings).

#ifndef METERD_CSIMDJSON_H
#define METERD_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The scanner's reusable memory. It grows to the largest text seen: at most four bytes and one bit for each byte of
/// text.
typedef struct meterd_json_scanner meterd_json_scanner;

typedef enum {
    METERD_JSON_SCANNED = 0,
    METERD_JSON_EMPTY,              // nothing but white space
    METERD_JSON_NOT_UTF8,
    METERD_JSON_CONTROL_CHARACTER,  // a raw control character inside a string
    METERD_JSON_UNCLOSED_STRING,
    METERD_JSON_TOO_LONG,           // 4 GiB or more
    METERD_JSON_OUT_OF_MEMORY,
    METERD_JSON_FAILED,
} meterd_json_status;

typedef struct {
    /// `count` ascending byte offsets of { } [ ] : , of the opening quote of every string and of the first byte of
    /// every other run of bytes that is not white space; then the text's length twice.
    const uint32_t *offsets;
    /// One bit for each byte of the text, the lowest first: set where the byte is a backslash, DEL or not ASCII.
    const uint64_t *marks;
    uint32_t count;
    meterd_json_status status;
    /// Whether any bit of `marks` is set.
    uint8_t marked;
} meterd_json_structure;

/// A new scanner, or NULL when there is no memory for one.
meterd_json_scanner *meterd_json_scanner_create(void);

void meterd_json_scanner_destroy(meterd_json_scanner *scanner);

/// Scans `length` bytes; nothing past them is read. What it returns is valid until the scanner's next call.
meterd_json_structure meterd_json_scan(meterd_json_scanner *scanner, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
