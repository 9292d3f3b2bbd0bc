// Debian's zlib1g-dev and libzstd-dev: gzip, deflate and zstd request bodies.
#pragma once
#include <zlib.h>
#include <zstd.h>
