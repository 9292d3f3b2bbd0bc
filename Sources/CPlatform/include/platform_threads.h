#ifndef METERD_CPLATFORM_THREADS_H
#define METERD_CPLATFORM_THREADS_H

/// Names the calling thread for `ps -L` and debuggers; what is longer than 15 bytes is cut off.
/// pthread_setname_np is a GNU extension Swift's Glibc does not show.
void meterd_name_thread(const char *name);

#endif
