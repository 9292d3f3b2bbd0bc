#ifndef METERD_CPLATFORM_FILES_H
#define METERD_CPLATFORM_FILES_H

/// What an errno value means, in words ("No space left on device"); never null. Safe on any thread.
/// Swift's Glibc has only strerror and strerror_r, whose two variants it cannot tell apart.
const char *meterd_errno_meaning(int number);

/// The name of an errno value ("ENOSPC"); never null. Safe on any thread.
const char *meterd_errno_name(int number);

#endif
