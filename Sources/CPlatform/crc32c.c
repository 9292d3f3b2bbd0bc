// CRC-32C, polynomial 0x1EDC6F41, reflected (0x82F63B78).
//
// The processor's CRC instruction takes 8 bytes with a latency of 3 cycles and a throughput of one a cycle, so one
// stream of it uses a third of the unit. Three neighbouring blocks are therefore run side by side and joined: the CRC
// register is linear, so the register after block A followed by n bytes of B is
//
//     register(A then B) = shift(register(A), n zero bytes) ^ register(B started from 0)
//
// and "shift by n zero bytes" is a 32 x 32 matrix over GF(2), kept for the two block lengths as four tables of 256.

#include "platform_crc32c.h"

#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

enum {
    polynomial = 0x82F63B78,
    long_block = 4096,  // bytes in each of the three streams; a power of two
    short_block = 256,  // the same for what is left over
};

typedef uint32_t (*update_function)(uint32_t, const uint8_t *, size_t);

static uint32_t slices[8][256];
static uint32_t long_shift[4][256];
static uint32_t short_shift[4][256];
static update_function update;
static int accelerated;

static inline uint64_t load64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// Eight bytes a step through eight tables.
static uint32_t update_portable(uint32_t crc, const uint8_t *at, size_t length) {
    while (length >= 8) {
        uint64_t word = load64(at) ^ crc;
        crc = slices[7][word & 0xff] ^ slices[6][(word >> 8) & 0xff] ^ slices[5][(word >> 16) & 0xff] ^
              slices[4][(word >> 24) & 0xff] ^ slices[3][(word >> 32) & 0xff] ^ slices[2][(word >> 40) & 0xff] ^
              slices[1][(word >> 48) & 0xff] ^ slices[0][word >> 56];
        at += 8;
        length -= 8;
    }
    while (length--) crc = (crc >> 8) ^ slices[0][(crc ^ *at++) & 0xff];
    return crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define CRC_TARGET __attribute__((target("sse4.2")))
#define CRC_8(crc, word) __builtin_ia32_crc32di((crc), (word))
#define CRC_1(crc, byte) __builtin_ia32_crc32qi((crc), (byte))
#else
#define CRC_TARGET __attribute__((target("crc")))
#define CRC_8(crc, word) __builtin_arm_crc32cd((crc), (word))
#define CRC_1(crc, byte) __builtin_arm_crc32cb((crc), (byte))
#endif

static inline uint32_t shift(uint32_t table[4][256], uint32_t crc) {
    return table[0][crc & 0xff] ^ table[1][(crc >> 8) & 0xff] ^ table[2][(crc >> 16) & 0xff] ^ table[3][crc >> 24];
}

CRC_TARGET static inline uint32_t update_three(uint32_t crc, const uint8_t *at, size_t block, uint32_t table[4][256]) {
    uint64_t a = crc, b = 0, c = 0;
    for (const uint8_t *end = at + block; at < end; at += 8) {
        a = CRC_8(a, load64(at));
        b = CRC_8(b, load64(at + block));
        c = CRC_8(c, load64(at + 2 * block));
    }
    return shift(table, shift(table, (uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
}

CRC_TARGET static uint32_t update_instruction(uint32_t crc, const uint8_t *at, size_t length) {
    for (; length >= 3 * long_block; at += 3 * long_block, length -= 3 * long_block)
        crc = update_three(crc, at, long_block, long_shift);
    for (; length >= 3 * short_block; at += 3 * short_block, length -= 3 * short_block)
        crc = update_three(crc, at, short_block, short_shift);
    for (; length >= 8; at += 8, length -= 8) crc = (uint32_t)CRC_8(crc, load64(at));
    for (; length; length--) crc = CRC_1(crc, *at++);
    return crc;
}

static int has_instruction(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2");
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
    return 0;
#endif
}

#endif

static uint32_t apply(const uint32_t matrix[32], uint32_t vector) {
    uint32_t sum = 0;
    for (int bit = 0; vector; bit++, vector >>= 1)
        if (vector & 1) sum ^= matrix[bit];
    return sum;
}

// The tables that push a register through `zeros` zero bytes; `zeros` is a power of two.
static void make_shift(uint32_t table[4][256], size_t zeros) {
    uint32_t matrix[32], square[32];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = 1u << bit;
        matrix[bit] = (crc >> 8) ^ slices[0][crc & 0xff];
    }
    for (; zeros > 1; zeros /= 2) {
        for (int bit = 0; bit < 32; bit++) square[bit] = apply(matrix, matrix[bit]);
        memcpy(matrix, square, sizeof matrix);
    }
    for (int byte = 0; byte < 4; byte++)
        for (uint32_t value = 0; value < 256; value++) table[byte][value] = apply(matrix, value << (8 * byte));
}

// Before main, so that no call has to ask whether the tables are there.
__attribute__((constructor)) static void prepare(void) {
    for (uint32_t value = 0; value < 256; value++) {
        uint32_t crc = value;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
        slices[0][value] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (uint32_t value = 0; value < 256; value++) {
            uint32_t before = slices[slice - 1][value];
            slices[slice][value] = (before >> 8) ^ slices[0][before & 0xff];
        }
    make_shift(long_shift, long_block);
    make_shift(short_shift, short_block);
    update = update_portable;
#if defined(__x86_64__) || defined(__aarch64__)
    if (has_instruction()) {
        update = update_instruction;
        accelerated = 1;
    }
#endif
}

uint32_t meterd_crc32c(uint32_t seed, const void *bytes, size_t length) {
    return ~update(~seed, bytes, length);
}

uint32_t meterd_crc32c_portable(uint32_t seed, const void *bytes, size_t length) {
    return ~update_portable(~seed, bytes, length);
}

int meterd_crc32c_is_accelerated(void) {
    return accelerated;
}
