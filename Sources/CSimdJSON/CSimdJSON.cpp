#include "CSimdJSON.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

namespace {

/// simdjson wants to know the deepest nesting for its second stage, which is never run here.
constexpr size_t unused_depth = 1;
constexpr size_t smallest_capacity = 4096;
constexpr size_t longest_text = UINT32_MAX - 64;

using block = uint8_t __attribute__((ext_vector_type(64)));
using block_bits = bool __attribute__((ext_vector_type(64)));

inline uint64_t marks_of(const uint8_t *bytes) {
    block text;
    std::memcpy(&text, bytes, sizeof(text));
    auto marked = (text == '\\') | (text >= 0x7F);
    block_bits bits = __builtin_convertvector(marked, block_bits);
    uint64_t word;
    std::memcpy(&word, &bits, sizeof(word));
    return word;
}

#if defined(__x86_64__)
__attribute__((target_clones("avx512bw", "avx2", "default")))
#endif
uint64_t mark(const uint8_t *bytes, size_t length, uint64_t *marks) {
    uint64_t any = 0;
    size_t whole = length / 64;
    for (size_t i = 0; i < whole; i++) {
        marks[i] = marks_of(bytes + i * 64);
        any |= marks[i];
    }
    uint8_t rest[64] = {0};
    if (size_t left = length % 64) {
        std::memcpy(rest, bytes + whole * 64, left);
    }
    marks[whole] = marks_of(rest);
    return any | marks[whole];
}

meterd_json_status status_of(simdjson::error_code error) {
    switch (error) {
        case simdjson::SUCCESS: return METERD_JSON_SCANNED;
        case simdjson::EMPTY: return METERD_JSON_EMPTY;
        case simdjson::UTF8_ERROR: return METERD_JSON_NOT_UTF8;
        case simdjson::UNESCAPED_CHARS: return METERD_JSON_CONTROL_CHARACTER;
        case simdjson::UNCLOSED_STRING: return METERD_JSON_UNCLOSED_STRING;
        case simdjson::CAPACITY: return METERD_JSON_TOO_LONG;
        case simdjson::MEMALLOC: return METERD_JSON_OUT_OF_MEMORY;
        default: return METERD_JSON_FAILED;
    }
}

}  // namespace

struct meterd_json_scanner {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    std::unique_ptr<uint64_t[]> marks;
    size_t capacity = 0;

    /// Makes room for a text; doubles, so that growing bodies do not allocate each time.
    simdjson::error_code reserve(size_t length) {
        if (length <= capacity) { return simdjson::SUCCESS; }
        if (length > longest_text) { return simdjson::CAPACITY; }
        size_t wanted = std::min(longest_text, std::max({length, capacity * 2, smallest_capacity}));
        capacity = 0;
        parser.reset();
        marks.reset(new (std::nothrow) uint64_t[wanted / 64 + 1]);
        if (!marks) { return simdjson::MEMALLOC; }
        const simdjson::implementation *implementation = simdjson::get_active_implementation();
        auto error = implementation->create_dom_parser_implementation(wanted, unused_depth, parser);
        if (error == simdjson::SUCCESS) { capacity = wanted; }
        return error;
    }
};

meterd_json_scanner *meterd_json_scanner_create(void) {
    return new (std::nothrow) meterd_json_scanner();
}

void meterd_json_scanner_destroy(meterd_json_scanner *scanner) {
    delete scanner;
}

meterd_json_structure meterd_json_scan(meterd_json_scanner *scanner, const uint8_t *bytes, size_t length) {
    meterd_json_structure found = {nullptr, nullptr, 0, METERD_JSON_EMPTY, 0};
    if (length == 0) { return found; }
    auto error = scanner->reserve(length);
    if (error == simdjson::SUCCESS) { error = scanner->parser->stage1(bytes, length, simdjson::stage1_mode::regular); }
    found.status = status_of(error);
    if (error == simdjson::SUCCESS) {
        found.offsets = scanner->parser->structural_indexes.get();
        found.count = scanner->parser->n_structural_indexes;
        found.marked = mark(bytes, length, scanner->marks.get()) != 0;
        found.marks = scanner->marks.get();
    }
    return found;
}
