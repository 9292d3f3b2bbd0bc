#ifndef METERD_CPLATFORM_SIPHASH_H
#define METERD_CPLATFORM_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", and its 128-bit
/// variant) of `length` bytes.
///
/// `key` is the 16-byte key as two little-endian words, `out` the 16-byte output likewise: out[0] holds its first
/// eight bytes. `bytes` may be null when `length` is 0.
void meterd_siphash24_128_plain(const uint64_t key[2], const void *bytes, size_t length, uint64_t out[2]);

/// The same hash of an unambiguous pair: length of a (8 bytes, little-endian), a, length of b (8 bytes,
/// little-endian), b, hashed as one message without being joined in memory. So ("ab", "c") and ("a", "bc") differ.
void meterd_siphash24_128(const uint64_t key[2], const void *a, size_t a_length, const void *b, size_t b_length,
                          uint64_t out[2]);

/// Asks the processor to bring the cache line at `address` near; a hint that never faults.
static inline void meterd_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

#endif
