internal import Glibc

/// A block of zeroed memory straight from the kernel: page-aligned, and given back whole when it is let go, so that
/// what a finished merge used does not stay resident in an allocator.
///
/// `@unchecked Sendable` because it wraps a C mapping: whoever owns it decides which thread may write.
final class PageMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        let size = max(byteCount, 1)
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { fatalError("out of memory: \(size) bytes for the dedupe index") }
        self.base = mapped
        self.byteCount = size
    }

    deinit {
        munmap(base, byteCount)
    }
}
