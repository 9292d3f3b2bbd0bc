// SipHash-2-4-128 over a message that comes in pieces.
//
// The hash eats 8-byte words. A piece that follows one of a length that is no multiple of 8 starts inside a word, so
// its words are shifted into place: `pending` holds the low `pending_bits` bits of the next word. Nothing is read
// outside the pieces.

#include "platform_siphash.h"

#include <string.h>

// The state stays in registers only where everything is inlined into the two public functions.
#define INLINED static inline __attribute__((always_inline))

struct state {
    uint64_t v0, v1, v2, v3;
    uint64_t pending;
    unsigned pending_bits;
};

INLINED uint64_t rotate(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

INLINED void rounds(struct state *s, int count) {
    for (int i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

INLINED void word(struct state *s, uint64_t m) {
    s->v3 ^= m;
    rounds(s, 2);
    s->v0 ^= m;
}

INLINED uint64_t load64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

// The last `count` (1...7) bytes of a piece, the first of them lowest; `whole` says that 8 bytes end where they end.
INLINED uint64_t load_tail(const uint8_t *at, size_t count, int whole) {
    if (whole) return load64(at + count - 8) >> (64 - 8 * count);
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

INLINED void start(struct state *s, const uint64_t key[2]) {
    s->v0 = key[0] ^ 0x736f6d6570736575ULL;
    s->v1 = key[1] ^ 0x646f72616e646f6dULL ^ 0xee;  // 0xee: the 128-bit variant
    s->v2 = key[0] ^ 0x6c7967656e657261ULL;
    s->v3 = key[1] ^ 0x7465646279746573ULL;
    s->pending = 0;
    s->pending_bits = 0;
}

INLINED void take_word(struct state *s, uint64_t m) {
    if (s->pending_bits == 0) {
        word(s, m);
    } else {
        word(s, s->pending | m << s->pending_bits);
        s->pending = m >> (64 - s->pending_bits);
    }
}

INLINED void take(struct state *s, const uint8_t *at, size_t length) {
    const uint8_t *end = at + (length & ~(size_t)7);
    if (s->pending_bits == 0) {
        for (; at < end; at += 8) word(s, load64(at));
    } else {
        for (; at < end; at += 8) take_word(s, load64(at));
    }
    size_t rest = length & 7;
    if (rest == 0) return;
    uint64_t tail = load_tail(at, rest, length >= 8);
    unsigned bits = (unsigned)(8 * rest);
    s->pending |= tail << s->pending_bits;  // pending_bits is at most 56
    if (s->pending_bits + bits < 64) {
        s->pending_bits += bits;
    } else {
        word(s, s->pending);
        unsigned used = 64 - s->pending_bits;
        s->pending = used < 64 ? tail >> used : 0;
        s->pending_bits = s->pending_bits + bits - 64;
    }
}

INLINED void finish(struct state *s, size_t total, uint64_t out[2]) {
    word(s, s->pending | (uint64_t)total << 56);
    s->v2 ^= 0xee;
    rounds(s, 4);
    out[0] = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
    s->v1 ^= 0xdd;
    rounds(s, 4);
    out[1] = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

void meterd_siphash24_128_plain(const uint64_t key[2], const void *bytes, size_t length, uint64_t out[2]) {
    struct state s;
    start(&s, key);
    if (length) take(&s, bytes, length);
    finish(&s, length, out);
}

void meterd_siphash24_128(const uint64_t key[2], const void *a, size_t a_length, const void *b, size_t b_length,
                          uint64_t out[2]) {
    struct state s;
    start(&s, key);
    take_word(&s, a_length);
    if (a_length) take(&s, a, a_length);
    take_word(&s, b_length);
    if (b_length) take(&s, b, b_length);
    finish(&s, 16 + a_length + b_length, out);
}
