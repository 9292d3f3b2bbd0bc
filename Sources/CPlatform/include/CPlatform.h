#ifndef METERD_CPLATFORM_H
#define METERD_CPLATFORM_H

// The few things the rooms need from C: a checksum, a keyed hash, and what Swift's Glibc cannot reach.

#include "platform_crc32c.h"
#include "platform_files.h"
#include "platform_siphash.h"
#include "platform_threads.h"

#endif
