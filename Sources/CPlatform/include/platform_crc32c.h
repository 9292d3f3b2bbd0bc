#ifndef METERD_CPLATFORM_CRC32C_H
#define METERD_CPLATFORM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `length` bytes, continued from `seed`.
///
/// `meterd_crc32c(meterd_crc32c(0, a, n), b, m)` is the CRC of `a` followed by `b`; a first seed of 0 gives the
/// standard value, 0xE3069283 for the nine digits "123456789". The processor's CRC instruction is used where it has
/// one (SSE4.2, ARMv8 CRC), a table otherwise; all give the same value.
uint32_t meterd_crc32c(uint32_t seed, const void *bytes, size_t length);

/// The table-driven form of `meterd_crc32c`, whatever the processor: what the fast form is tested against.
uint32_t meterd_crc32c_portable(uint32_t seed, const void *bytes, size_t length);

/// Whether `meterd_crc32c` uses the processor's CRC instruction here.
int meterd_crc32c_is_accelerated(void);

#endif
